"""`python -m widgets`: the window, as `backflow` opens it."""

from __future__ import annotations

from widgets.application import main

if __name__ == "__main__":
    raise SystemExit(main())
