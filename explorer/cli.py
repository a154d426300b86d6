"""The command line: options, dispatch, exit codes. What a command does is in `explorer/commands/`.

Exit codes: 0 done; 1 the user's program failed; 2 bad usage or missing file; 3 a framework or device is not there.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from explorer.adapters import FRAMEWORK_KEYS

COMMANDS = ("stages", "capture", "grad", "train", "devices", "doctor", "demo", "worker")
# Marks an argument that begins with a minus and is an expression, so that argparse does not take it for an option.
EXPRESSION_MARK = "\x00"
NUMBER = re.compile(r"-(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$")


class _Parser(argparse.ArgumentParser):
    """argparse with one sentence instead of a usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] == "worker":
        from explorer.worker.__main__ import main as worker

        return worker(given[1:])
    try:
        return _dispatch(given)
    except BrokenPipeError:  # `backflow capture ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _dispatch(given: list[str]) -> int:
    from explorer.errors import ExplorerError

    if given and given[0] in COMMANDS:
        options = command_parser().parse_args(_protect(given))
    elif given and given[0] in ("-h", "--help", "--version"):
        options = command_parser().parse_args(given)
    else:
        options = window_parser().parse_args(_protect(given))
    text = ""
    try:
        if getattr(options, "source", None) is not None:
            from explorer.commands.asking import read_source

            options.source = options.source.removeprefix(EXPRESSION_MARK)
            options.text = text = read_source(options.source)
        return int(importlib.import_module(f"explorer.commands.{options.command}").run(options))
    except ExplorerError as error:
        from explorer.commands.asking import report

        report(error, text, "" if text == getattr(options, "source", "") else options.source)
        return error.exit_code


def _protect(arguments: list[str]) -> list[str]:
    """Mark expressions that begin with a minus: `-x**2` is no option, `-o` and `--input` are."""
    return [
        EXPRESSION_MARK + argument
        if re.match(r"-[^-]", argument) and argument not in ("-o", "-h") and not NUMBER.match(argument)
        else argument
        for argument in arguments
    ]


def window_parser() -> argparse.ArgumentParser:
    """`backflow [SOURCE]`: open the window."""
    parser = _Parser("backflow", description="Open the window, on SOURCE if given.")
    parser.set_defaults(command="window")
    parser.add_argument("source", nargs="?", help="a file, - for standard input, or an expression in quotes")
    return parser


def command_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    from importlib.metadata import version

    parser = _Parser(
        "backflow",
        description="See the graph PyTorch, TensorFlow and JAX build, and play gradients back.",
        epilog='backflow [SOURCE] opens the window, for example: backflow "a*(a+b)"',
    )
    parser.add_argument("--version", action="version", version=f"backflow {version('backflow')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    stages = commands.add_parser("stages", help="which stages there are: nodes, seconds, or why not")
    _source_options(stages)
    stages.add_argument("--json", action="store_true", help="one JSON object")
    capture = commands.add_parser(
        "capture", help="write one stage as a picture, a page or a graph file, or its numbers"
    )
    _source_options(capture, every=False)
    capture.add_argument("--stage", required=True, metavar="S", help="stage key, see backflow stages")
    capture.add_argument("-o", "--output", metavar="FILE", help="the suffix decides the form; default: text, printed")
    capture.add_argument("--only", metavar="QUERY", help="of a picture: the nodes found so, such as scope:layer1")
    capture.add_argument("--theme", choices=("light", "dark", "projector"), default="light", help="of a picture")
    capture.add_argument(
        "--scale", type=_scale, default=2.0, metavar="X", help="of a .png: pixels per pixel (default 2)"
    )
    capture.add_argument("--value", metavar="ID", help="of a .npy: whose numbers (default: the result's)")
    capture.add_argument("--adjoint", action="store_true", help="of a .npy: its adjoint instead of the value")
    grad = commands.add_parser("grad", help="value and gradient of every input")
    _source_options(grad)
    grad.add_argument("--check", action="store_true", help="add central finite differences in float64")
    grad.add_argument("--shares", action="store_true", help="add what each use contributes (JSON)")
    grad.add_argument("--json", action="store_true", help="one JSON object")
    _train_options(commands.add_parser("train", help="train without a window"))
    for name, text in (("devices", "devices each framework reports"), ("doctor", "versions, and what is missing")):
        commands.add_parser(name, help=text).add_argument("--json", action="store_true", help="one JSON object")
    demo = commands.add_parser("demo", help="the tour without a display: graphs, gradients, training, pictures")
    demo.add_argument("-o", "--output", metavar="DIR", default="backflow-demo", help="folder for what it writes")
    commands.add_parser("worker", help="internal: a worker process")
    return parser


def _source_options(parser: argparse.ArgumentParser, *, every: bool = True) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a file, - for standard input, or an expression in quotes")
    choices = (*FRAMEWORK_KEYS, "all") if every else FRAMEWORK_KEYS
    parser.add_argument("--framework", choices=choices, required=not every, default="all" if every else None)
    parser.add_argument("--entry", metavar="NAME", help="which function of a file (expressions have none)")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=VALUE", help="a=2.0 or W=normal(4,3)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of random inputs (default 0)")
    parser.add_argument("--forward-only", action="store_true", help="no backward pass")
    parser.add_argument("--device", default="cpu", metavar="D", help="see backflow devices")


def _scale(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 10:
        raise argparse.ArgumentTypeError("between 0.1 and 10")
    return value


def _train_options(parser: argparse.ArgumentParser) -> None:
    """Without a default: what is not given is the task's own (`explorer.training.datasets.defaults`)."""
    from explorer.training.choices import ACTIVATIONS, LOSSES, OPTIMIZERS
    from explorer.training.datasets import TASKS
    from explorer.training.models import MODELS

    known = ", ".join(key for key in TASKS if key != "typed")
    parser.add_argument("task", metavar="TASK", help=f"{known}; or a file or an expression, whose output is the loss")
    parser.add_argument("--framework", choices=FRAMEWORK_KEYS, help="default: the first that is installed")
    parser.add_argument("--model", metavar="M", help=", ".join(MODELS))
    parser.add_argument("--widths", metavar="N,N", help="hidden units of each layer of mlp, such as 16,16")
    parser.add_argument("--activation", metavar="A", help=", ".join(ACTIVATIONS))
    parser.add_argument("--device", metavar="D", help="see backflow devices (default cpu)")
    parser.add_argument("--epochs", type=int, metavar="N", help="evaluations, one per epoch, counted from step 0")
    parser.add_argument("--seed", type=int, metavar="S", help="of data, starting weights, batches and dropout")
    parser.add_argument("--loss", metavar="L", help=", ".join(LOSSES))
    parser.add_argument("--optimizer", metavar="O", help=", ".join(OPTIMIZERS))
    parser.add_argument(
        "--lr", type=float, metavar="X", help="fixed learning rate (default: one that suits task and optimizer)"
    )
    parser.add_argument("--batch", type=int, metavar="N", help="points per update, 0 for all")
    parser.add_argument("--points", type=int, metavar="N", help="in all")
    parser.add_argument("--noise", type=float, metavar="X", help="standard deviation of what is added to the data")
    parser.add_argument("--label-noise", type=float, metavar="X", help="share of training labels made wrong")
    parser.add_argument("--train-share", type=float, metavar="X", help="share of the points that train")
    parser.add_argument("--l2", type=float, metavar="X", help="penalty: X/2 times the sum of squared weights")
    parser.add_argument("--dropout", type=float, metavar="X", help="share of hidden units left out per update")
    parser.add_argument("--early-stopping", type=int, metavar="N", help="epochs without a better validation loss")
    parser.add_argument("--mode", metavar="MODE", help="eager, graph or compiled, where the framework has it")
    parser.add_argument("--function", metavar="EXPR", help="of the task function, such as sin(3*x)")
    parser.add_argument("--parameters", metavar="NAME,NAME", help="of a text: what is trained")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=VALUE", help="of a text: a=2.0")
    parser.add_argument("--entry", metavar="NAME", help="of a text: which function or model")
    parser.add_argument("--resume", metavar="FILE", help="go on from the .json of an earlier run")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("-o", "--output", metavar="FILE", help=".json, .csv or .png")
