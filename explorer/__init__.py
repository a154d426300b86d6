"""Backflow without a screen.

    graph/     the one data type: nodes over typed values; text, JSON, networkx
    capture/   what one run produced; reading expressions and inputs; ops in plain words
    adapters/  the only code that knows a framework, one folder each
    flow/      values forward, cotangents back: playback, finite differences
    layout/    where cards and wires go          picture/   the scene that is drawn, as arrays or SVG
    training/  runs, data sets, the overfitting rule        worker/    the processes
    commands/  the command line

`explorer.capture("a*(a+b)", framework="jax", stage="jaxpr")` gives a Graph, `explorer.run(text)` a whole Capture.
Importing this package loads no framework and no Qt.
"""

from explorer import capture
from explorer.api import run

__all__ = ["capture", "run"]
