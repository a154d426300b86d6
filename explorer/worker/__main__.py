"""`python -m explorer.worker jax`: a worker, which speaks frames on standard input and output. Clients start it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from explorer.adapters import FRAMEWORKS

LAYOUT = "layout"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker until its client is gone."""
    parser = argparse.ArgumentParser(prog="backflow worker")
    parser.add_argument("key", choices=[*(entry.key for entry in FRAMEWORKS), LAYOUT])
    parser.add_argument("--child", action="store_true", help="be the inner process, which runs requests")
    parser.add_argument("--trace", type=int, default=None, help="descriptor for the trace of a crash")
    options = parser.parse_args(arguments)
    if options.child:
        from explorer.worker.host import serve

        return serve(options.key, options.trace)
    from explorer.worker.start import worker_title
    from explorer.worker.supervisor import supervise

    return supervise(options.key, worker_title(options.key))


if __name__ == "__main__":
    raise SystemExit(main())
