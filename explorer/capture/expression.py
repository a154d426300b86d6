"""Expressions: one or several lines of arithmetic over free names, the listed functions and nothing else.

The text is parsed by Python's own `ast` and checked against a white list before anything runs, so no attribute, import
or builtin can be reached. What is compiled is the user's own tree inside a function `forward`, so code positions are
positions in the user's text.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from explorer.capture.functions import CONSTANTS, FUNCTION_NAMES, function
from explorer.capture.positions import Written
from explorer.errors import ProgramError
from explorer.graph.ir import Span

MOST_CHARACTERS = 100_000
OPERATORS = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow, ast.MatMult, ast.USub, ast.UAdd,
    ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq,
)  # fmt: skip
TOO_DEEP = "it is nested too deeply"
OPERATION_NODES = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call)


@dataclass(frozen=True)
class Expression(Written):
    """A checked text. `names` are its free names in order of first use: the inputs."""

    names: tuple[str, ...]
    statements: tuple[ast.stmt, ...] = field(repr=False)


def parse(text: str) -> Expression:
    """Check `text`. Raises ProgramError with the span of the first thing that is not allowed."""
    if not text.strip():
        raise ProgramError("empty_source")
    if len(text) > MOST_CHARACTERS:
        raise ProgramError("source_too_long", most=MOST_CHARACTERS)
    tree = parsed(text)
    try:
        return _Check(text).run(tree)
    except RecursionError:
        raise ProgramError("unreadable_source", reason=TOO_DEEP) from None


def parsed(text: str) -> ast.Module:
    """The syntax tree. Raises ProgramError, with the place where Python stopped reading."""
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise _syntax(error) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProgramError("unreadable_source", reason=str(error)) from None


def _syntax(error: SyntaxError) -> ProgramError:
    line, column = error.lineno or 1, error.offset or 1
    end_line, end_column = error.end_lineno or line, error.end_offset or column + 1
    span = Span(line, max(1, column), end_line, max(end_column, column + 1 if end_line == line else 1))
    return ProgramError("syntax", span=span, reason=error.msg)


class _Check:
    """One walk over the tree: what is allowed, and which names are free."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.free: dict[str, None] = {}
        self.assigned: set[str] = set()

    def run(self, tree: ast.Module) -> Expression:
        for position, statement in enumerate(tree.body):
            last = position == len(tree.body) - 1
            match statement:
                case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                    self.value(value)
                    self.assign(name, target)
                case ast.Expr(value=value):
                    self.value(value)
                    if not last:
                        self.fail("unused_line", statement)
                case ast.Assign():
                    self.fail("assign_one_name", statement)
                case _:
                    self.fail("not_an_expression", statement, what=type(statement).__name__.lower())
        if not tree.body:
            raise ProgramError("empty_source")
        return Expression(self.text, tuple(self.free), tuple(tree.body))

    def fail(self, code: str, node: ast.AST, **params: Any) -> NoReturn:
        raise ProgramError(code, span=Written(self.text).span(node), **params)

    def assign(self, name: str, target: ast.AST) -> None:
        if name in FUNCTION_NAMES or name in CONSTANTS:
            self.fail("reserved_name", target, name=name)
        if name in self.free:
            self.fail("assigned_after_use", target, name=name)
        self.assigned.add(name)

    def value(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name):
                self.name(node, name)
            case ast.Constant(value=bool() | int() | float()):
                pass
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, OPERATORS):
                self.value(left)
                self.value(right)
            case ast.UnaryOp(op=op, operand=operand) if isinstance(op, OPERATORS):
                self.value(operand)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, OPERATORS):
                self.value(left)
                self.value(right)
            case ast.Compare():
                self.fail("chained_comparison", node)
            case ast.Call(func=ast.Name(id=name)):
                self.call(node, name)
            case ast.Call(func=ast.Attribute()) | ast.Attribute():
                self.fail("attribute", node, text=ast.unparse(node))
            case ast.Constant(value=str()):
                self.fail("text_value", node)
            case _:
                self.fail("not_in_expressions", node, what=ast.unparse(node)[:40])

    def name(self, node: ast.Name, name: str) -> None:
        if name in FUNCTION_NAMES:
            self.fail("function_without_call", node, name=name)
        if name.startswith("__"):
            self.fail("private_name", node, name=name)
        if name not in CONSTANTS and name not in self.assigned:
            self.free.setdefault(name)

    def call(self, node: ast.Call, name: str) -> None:
        if name not in FUNCTION_NAMES:
            import difflib  # here: the first painted frame does not wait for it

            close = difflib.get_close_matches(name, FUNCTION_NAMES, 1)
            code = "unknown_function_close" if close else "unknown_function"
            self.fail(code, node.func, name=name, close=close[0] if close else "")
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        if None in keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            self.fail("not_in_expressions", node, what=ast.unparse(node)[:40])
        try:
            bound = function(name).signature().bind(*node.args, **{str(key): value for key, value in keywords.items()})
        except TypeError:
            self.fail("wrong_arguments", node, name=name, parameters=function(name).parameters)
        for parameter, argument in bound.arguments.items():
            self.argument(parameter, argument)

    def argument(self, parameter: str, argument: Any) -> None:
        """Arguments that shape the call are literals; all others are values."""
        match parameter:
            case "axis" | "axes" | "shape" | "keepdims" | "slope":
                try:
                    ast.literal_eval(argument)
                except ValueError:
                    self.fail("literal_needed", argument, parameter=parameter)
            case "equation":
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    self.fail("literal_needed", argument, parameter=parameter)
            case "arrays":
                if not isinstance(argument, (ast.Tuple, ast.List)) or not argument.elts:
                    self.fail("list_needed", argument)
                for element in argument.elts:
                    self.value(element)
            case "operands":
                for element in argument:
                    self.value(element)
            case _:
                self.value(argument)


def compile_forward(
    expression: Expression, functions: Mapping[str, Callable[..., Any]], *, filename: str, unique_lines: bool = False
) -> tuple[Callable[..., Any], dict[int, Span]]:
    """The function `forward(*names)` that computes the expression with `functions`.

    Code positions are positions in the user's text, for frameworks that report columns. With `unique_lines` every
    operation gets a line number of its own instead, and the second result maps that number to the operation's span:
    the way to columns where a framework records lines only.
    """
    try:
        return _compile(expression, functions, filename=filename, unique_lines=unique_lines)
    except RecursionError:
        raise ProgramError("unreadable_source", reason=TOO_DEEP) from None


def _compile(
    expression: Expression, functions: Mapping[str, Callable[..., Any]], *, filename: str, unique_lines: bool
) -> tuple[Callable[..., Any], dict[int, Span]]:
    body = [_copied(statement) for statement in expression.statements]
    spans = _number_lines(body, expression) if unique_lines else {}
    last = body[-1]
    value = last.value if isinstance(last, ast.Expr) else ast.Name(last.targets[0].id, ast.Load())
    result = ast.copy_location(ast.Return(ast.copy_location(value, last)), last)
    body = [*body[:-1], result] if isinstance(last, ast.Expr) else [*body, result]
    arguments = ast.arguments([], [ast.arg(name) for name in expression.names], None, [], [], None, [])
    definition = ast.FunctionDef("forward", arguments, body, [], lineno=1, col_offset=0)
    module = ast.fix_missing_locations(ast.Module([definition], []))
    scope: dict[str, Any] = {"__builtins__": {}, **CONSTANTS, **functions}
    # Frameworks quote source lines in their own messages and look them up here.
    linecache.cache[filename] = (len(expression.text), None, expression.text.splitlines(keepends=True), filename)
    exec(compile(module, filename, "exec"), scope)
    return scope["forward"], spans


def _copied(node: Any) -> Any:
    """A copy of a tree. `copy.deepcopy` takes four calls a level, which ends at formulas of 200 factors."""
    if isinstance(node, list):
        return [_copied(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    made = type(node)(**{name: _copied(value) for name, value in ast.iter_fields(node)})
    return ast.copy_location(made, node)


def _number_lines(body: list[ast.stmt], expression: Expression) -> dict[int, Span]:
    """Give every operation a line number of its own; plain names and constants take their parent's."""
    spans: dict[int, Span] = {}

    def visit(node: ast.AST, line: int) -> None:
        if isinstance(node, OPERATION_NODES):
            line = len(spans) + 1
            spans[line] = expression.span(node)
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
        for child in ast.iter_child_nodes(node):
            visit(child, line)

    for statement in body:
        visit(statement, len(spans) + 1)
    return spans
