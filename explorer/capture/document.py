"""Writes `docs/expressions.md` from the table of functions: `python -m explorer.capture.document FILE`."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any, cast

from explorer.adapters import FRAMEWORKS
from explorer.capture.functions import CONSTANTS, FUNCTIONS
from explorer.capture.inputs import DTYPES, GENERATORS
from explorer.paths import resources

INTRODUCTION = """\
# Expressions

An expression is one or several lines of arithmetic. Names that no line defines are its inputs; the last line is the
result.

```
h = tanh(w*x + b)
sum((h - y)**2)
```

It can hold numbers, names, `+ - * / % ** @`, one comparison at a time (`< <= > >= == !=`), assignments to one name a
line, the functions below and the constants {constants}. It reaches nothing else: no attribute, no import, no builtin.

An input is a number, a nested list, or a generator ({generators}) with an optional
`:dtype`, such as `2.0`, `[1, 2, 3]`,
`normal(4, 3)`, `2:int32`, `normal(3):bfloat16`. Numbers are float32 unless they say otherwise; the known dtypes are
{dtypes}.
Generators are seeded by the seed and the input's name. A result with more than one entry is summed for its gradients.

`axis` is an integer or a tuple of integers, `shape` an integer or a tuple; both are written out, not computed.

## Functions

Each has one meaning in PyTorch, TensorFlow and JAX: the tests compare its value with NumPy and its gradient with
central finite differences in float64, in each framework, for scalars, vectors and broadcast arguments.

| function | category | meaning |
|---|---|---|
"""

KINKS = """
## Where there is no derivative

At a kink a framework has to choose. These are the choices, asserted in the tests of each adapter.

| expression | inputs | by | {titles} |
|---|---|---|{bars}|
"""


def document() -> str:
    """The whole page."""
    page = INTRODUCTION.format(
        constants=", ".join(f"`{name}`" for name in CONSTANTS),
        generators=", ".join(f"`{name}`" for name in GENERATORS),
        dtypes=", ".join(f"`{name}`" for name in sorted(DTYPES)),
    )
    for function in FUNCTIONS:
        page += f"| `{function.name}({function.parameters})` | {function.category} | {function.meaning} |\n"
    titles = " | ".join(framework.title for framework in FRAMEWORKS)
    page += KINKS.format(titles=titles, bars="|".join("---" for _ in FRAMEWORKS))
    for kink in kinks():
        inputs = ", ".join(f"{name} = {value}" for name, value in kink["inputs"].items())
        found = " | ".join(f"`{kink[framework.key]}`" for framework in FRAMEWORKS)
        page += f"| `{kink['text']}` | {inputs} | {kink['by']} | {found} |\n"
    return page


def kinks() -> list[dict[str, Any]]:
    """The documented conventions: `text`, `inputs` (VALUEs), `by` (input name), and per framework the gradient."""
    return cast(list[dict[str, Any]], tomllib.loads((resources() / "kinks.toml").read_text("utf-8"))["kink"])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), "utf-8")
