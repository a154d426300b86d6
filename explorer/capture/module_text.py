"""A text that is real Python: a model and its example inputs. Which kind of text it is; and running it, in a worker.

`kind_of` and `frameworks_of` only read the text and may be called anywhere. `load_module` runs it: in a worker process,
or where somebody wants it run (a test, a notebook).
"""

from __future__ import annotations

import _thread
import ast
import contextlib
import importlib
import linecache
import signal
import sys
import threading
import traceback
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from explorer.capture.expression import MOST_CHARACTERS, parsed
from explorer.capture.positions import FILENAME, Written
from explorer.errors import ProgramError
from explorer.graph.ir import Span

Kind = Literal["expression", "definitions", "script"]

MODULE_NAME = "user_1"
MODULE_SECONDS = 5.0  # the module level of a text may run this long, imports not counted
FRAMEWORK_OF = {
    "torch": "pytorch", "torchvision": "pytorch", "tensorflow": "tensorflow", "keras": "tensorflow",
    "jax": "jax", "flax": "jax", "optax": "jax", "equinox": "jax", "haiku": "jax",
}  # fmt: skip
DEFINITIONS = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign,
)  # fmt: skip
MODULE_ONLY = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While,
    ast.With, ast.AsyncWith, ast.Try,
)  # fmt: skip
MODULE_WORDS = frozenset({"import", "from", "def", "class", "with", "for", "while", "async", "try"})
# Calls on the module level that only set something up: `torch.manual_seed(0)`, `jax.config.update(...)`.
SETTINGS = ("seed", "manual_seed", "set_seed", "set_random_seed", "update", "set_floatx", "set_default_dtype")


@dataclass(frozen=True)
class Module(Written):
    """A text that was run: `names` maps what its module level defined to the objects, in order of definition."""

    names: dict[str, Any]
    lines_of: dict[str, int]  # what it defined itself, not imported: name -> line (from 1) of the last definition


def kind_of(text: str) -> Kind:
    """What is typed: an `expression` (no import, def, class, loop, attribute); `definitions`, which only define things
    and may be run with every pause in typing; or a `script`, which runs when somebody says so.

    A text that Python cannot read (yet) is an expression unless a line begins as only a module's can.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "definitions" if _begins_as_module(text) else "expression"
    if not any(isinstance(statement, MODULE_ONLY) for statement in tree.body):
        return "expression"
    return "definitions" if all(_is_definition(statement) for statement in tree.body) else "script"


def frameworks_of(text: str) -> tuple[str, ...]:
    """Keys of the frameworks whose modules a text imports anywhere, in order of first import."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    roots = (name.partition(".")[0] for name in _imported(ast.walk(tree)))
    return tuple(dict.fromkeys(FRAMEWORK_OF[root] for root in roots if root in FRAMEWORK_OF))


def load_module(text: str, *, seconds: float = MODULE_SECONDS) -> Module:
    """Run the module level of `text` as module `user_1`, its code under the file name `<user-1>`.

    The module stands in `sys.modules` and the text in `linecache`, so that frameworks find the source of its functions.
    Top-level imports come first and take the time they take; the rest is stopped after `seconds`.

    Raises ProgramError: `syntax` and the like; `missing_module`; `module_too_slow`; `module_failed` with the place in
    the text and the traceback as detail.
    """
    if len(text) > MOST_CHARACTERS:
        raise ProgramError("source_too_long", most=MOST_CHARACTERS)
    tree, written = parsed(text), Written(text)
    linecache.cache[FILENAME] = (len(text), None, text.splitlines(keepends=True), FILENAME)
    module = types.ModuleType(MODULE_NAME)
    sys.modules[MODULE_NAME] = module
    try:
        _import_first(tree)
        with _limit(seconds):
            exec(compile(tree, FILENAME, "exec", dont_inherit=True), module.__dict__)
    except TimeoutError:
        raise ProgramError("module_too_slow", seconds=f"{seconds:g}") from None
    except ModuleNotFoundError as error:
        raise _missing(error, written, tree) from None
    except ProgramError:
        raise
    except (Exception, SystemExit) as error:
        raise module_failed(error, written) from None
    names = {name: value for name, value in module.__dict__.items() if not name.startswith("__")}
    return Module(text, names, _lines(tree))


def module_failed(error: BaseException, text: Written) -> ProgramError:
    """ProgramError for what the user's own code raised: the innermost place of the text, the error's first line."""
    reason = next(iter(str(error).strip().splitlines()), "").rstrip(".")
    kind = type(error).__name__
    words = f"{kind}: {reason}" if reason else kind
    detail = "".join(traceback.format_exception(error))
    return ProgramError("module_failed", span=text.raised_at(error.__traceback__), detail=detail, reason=words)


def _is_definition(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))):
            return name in SETTINGS
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case _:
            return isinstance(statement, DEFINITIONS)


def _begins_as_module(text: str) -> bool:
    words = [line.split(" ")[0].rstrip(":") for line in text.splitlines()]
    return any(word in MODULE_WORDS or word.startswith("@") for word in words)


def _imported(nodes: Iterator[ast.AST] | list[ast.stmt]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module


def _import_first(tree: ast.Module) -> None:
    """Import what the text will import. What goes wrong here goes wrong again when the text runs, with its place."""
    for name in _imported(tree.body):
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _missing(error: ModuleNotFoundError, text: Written, tree: ast.Module) -> ProgramError:
    root = (error.name or "").partition(".")[0]
    asked = {name.partition(".")[0] for name in _imported(ast.walk(tree))}
    if root not in asked:  # a module that the text imports lacks one of its own
        return module_failed(error, text)
    return ProgramError("missing_module", span=text.raised_at(error.__traceback__), name=root)


def _lines(tree: ast.Module) -> dict[str, int]:
    """Name -> line of the statement of the module level that defines it last."""
    found: dict[str, int] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = statement.lineno
            case ast.Assign() | ast.AnnAssign():
                stored = (each for each in ast.walk(statement) if isinstance(each, ast.Name))
                found |= {each.id: statement.lineno for each in stored if isinstance(each.ctx, ast.Store)}
    return found


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the main thread when the block takes longer. Elsewhere there is no limit: only the main
    thread can be interrupted, and a worker runs the user's code there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, main = threading.Event(), threading.get_ident()

    def stop() -> None:
        over.set()
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(main, signal.SIGINT)  # also ends a sleep or a read that waits
        else:
            _thread.interrupt_main()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


def place_of_name(module: Module, name: str) -> Span:
    """Where `name` is defined, as a whole line."""
    line = module.lines_of.get(name, 1)
    return Span(line, 1, line, len(module.lines[line - 1]) + 1 if line <= len(module.lines) else 1)
