"""torch.fx's symbolic tracer, with a span, a scope and a real value on every node.

The tracer computes as it goes: each new node is run at once on the example inputs, so its type is what torch really
gives, and a call that fails does so at its place in the text, with the graph up to it at hand. Modules are traced
through, down to the calls of torch; which module a node stands in is its scope.
"""

from __future__ import annotations

import builtins
import operator
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import torch
from torch import fx, nn
from torch.overrides import TorchFunctionMode

from explorer.adapters.pytorch.arrays import number_dtype
from explorer.adapters.pytorch.functions import is_number
from explorer.adapters.pytorch.overwriting import note_overwritten, state, unchanged
from explorer.adapters.pytorch.program import ExpressionProgram, PyTorchProgram, Tensors
from explorer.adapters.pytorch.proxies import PLAIN, TypedProxy, taken_apart
from explorer.capture.positions import FILENAME

# Names that the code torch.fx generates uses itself: an input of that name gets an underscore there.
OWN_NAMES = frozenset({"self", "torch", "device", "inf", "nan", "NoneType", "fx_pytree", "pytree"})
DERIVED = frozenset({"T", "mT", "H", "mH", "real", "imag", "data"})  # attributes that are tensors themselves
RANDOM = frozenset({torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal})
REFLECTED = {
    "__radd__": operator.add, "__rsub__": operator.sub, "__rmul__": operator.mul, "__rtruediv__": operator.truediv,
    "__rpow__": operator.pow, "__rmatmul__": operator.matmul, "__rmod__": operator.mod,
    "__rfloordiv__": operator.floordiv, "__rdiv__": operator.truediv,
}  # fmt: skip


class SpanTracer(fx.Tracer):  # type: ignore[misc]
    """See the head of this file. `failed` is the node whose call raised, if one did."""

    def __init__(self, program: PyTorchProgram, tensors: Tensors) -> None:
        super().__init__()
        self.program, self.tensors = program, tensors
        self.dtype = number_dtype(tensors.inputs.values())
        self.failed: fx.Node | None = None
        self.holding: dict[str, torch.Tensor] = dict(tensors.held)  # by target; constants of the text are added
        self._target_of = {id(tensor): name for name, tensor in tensors.held.items()}
        self._held_nodes: dict[str, fx.Node] = {}

    def traced(self) -> fx.Graph:
        """The graph of the program's function."""
        with self.program.running(self.tensors), _Mode(self):
            graph: fx.Graph = self.trace(self.program.root)
        return graph

    def create_args_for_root(self, *_: Any) -> tuple[Callable[..., Any], list[Any]]:
        """The program's function over its inputs, in the place of what torch.fx makes of a module's `forward`."""
        function = self.program.function(self.constant)

        def call(*inputs: Any) -> Any:
            return taken_apart(function(*inputs))

        return call, [self.create_proxy("placeholder", name, (), {}) for name in self.tensors.inputs]

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:  # noqa: ARG002
        return False

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """A module that is not part of the root (made while running) is traced through without a scope."""
        if m not in (self.submodule_paths or {}):
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:  # noqa: ARG002
        return attr_val  # a parameter becomes a node where it is used; see `_Mode`

    def proxy(self, node: fx.Node) -> TypedProxy:
        return TypedProxy(node, self)

    def to_bool(self, obj: fx.Proxy) -> bool:
        """What is known of a value by its type may be decided by, what is known by its numbers not."""
        known = obj.node.target in (torch.is_floating_point, torch.is_complex)
        return bool(obj.node.meta["val"]) if known else bool(super().to_bool(obj))

    def constant(self, number: float) -> TypedProxy:
        """A `get_attr` node for a number, so that a call on numbers alone (`sin(2)`) is a node too."""
        assert isinstance(self.program, ExpressionProgram)
        return self.proxy(self.create_arg(self.program.constant(number, self.dtype)))

    def on_device(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings of a call that makes a tensor, on the program's device where they do not say."""
        device = self.program.source.device
        return dict(settings) if device == "cpu" else {"device": torch.device(device), **settings}

    def knows(self, tensor: Any) -> bool:
        return id(tensor) in self._target_of

    def create_arg(self, a: Any) -> Any:
        """A tensor that stands in the program becomes one `get_attr` node."""
        if not isinstance(a, torch.Tensor) or isinstance(a, fx.Proxy):
            return super().create_arg(a)
        if id(a) not in self._target_of:
            number = sum(name.startswith("_tensor_constant") for name in self.holding)
            self._target_of[id(a)] = target = f"_tensor_constant{number}"
            self.holding[target] = a
        target = self._target_of[id(a)]
        if target not in self._held_nodes:
            self._held_nodes[target] = self.create_node("get_attr", target, (), {})
        return self._held_nodes[target]

    def create_node(
        self, kind: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any],
        name: str | None = None, type_expr: object = None,
    ) -> fx.Node:  # fmt: skip
        if kind == "output" and is_number(args[0]):  # the text holds numbers only
            args = (self.constant(args[0]).node,)
        given = target
        if kind == "placeholder":
            target = target if target.isidentifier() else "".join(sign if sign.isalnum() else "_" for sign in target)
            taken = target in OWN_NAMES or hasattr(builtins, target)
            name = target = f"{target}_" if taken else target  # given a name, fx does not write W as w
        if kind == "call_method":
            kind, target, args = _operator(target, args)
        if target is operator.getitem and (known := self._part(*args)) is not None:
            return known
        node = super().create_node(kind, target, args, kwargs, name, None if kind == "output" else type_expr)
        if kind in ("placeholder", "get_attr"):
            node.meta["name"] = given
        self._place(node)
        with torch._C.DisableTorchFunction():  # what is computed here is no part of the graph
            self._compute(node)
        return node

    def _part(self, whole: Any, place: Any) -> fx.Node | None:
        """The node that already names this entry of a tuple: an entry is one value however often it is taken out."""
        if not isinstance(whole, fx.Node) or not isinstance(whole.meta["val"], tuple | list):
            return None
        return next((each for each in whole.users if each.target is operator.getitem and each.args[1] == place), None)

    def _place(self, node: fx.Node) -> None:
        node.meta["scope"] = _scope(node)
        if not torch.is_grad_enabled():
            node.meta["no_grad"] = True
        written, frame = self.program.written, self._frame()
        span, inside = None, "<module>"
        if frame is not None:
            span, inside = written.instruction(frame.f_code, frame.f_lasti), frame.f_code.co_name
        elif node.op in ("call_function", "call_method"):
            span = self.program.fallback
        if span is not None:
            place = f'File "{FILENAME}", line {span.line}, in {inside}'
            node.stack_trace = f"  {place}\n    {written.lines[span.line - 1].strip()}\n"
        node.meta["span"] = span

    def _compute(self, node: fx.Node) -> None:
        match node.op:
            case "placeholder":
                node.meta["val"] = self.tensors.inputs[node.meta["name"]]
                if not isinstance(self.program, ExpressionProgram):  # what a text changes in place may be no leaf
                    node.meta["val"] = node.meta["val"].clone()
            case "get_attr":
                node.meta["val"] = value = self.holding[node.target]
                if node.target in self.tensors.held:
                    node.meta["trained"] = value.requires_grad
                else:
                    node.meta["name"] = "" if value.dim() else str(value.item())
            case "call_function" | "call_method":
                self.failed = node
                self._call(node)
                self.failed = None

    def _call(self, node: fx.Node) -> None:
        """Run the call, and see what it overwrites: torch counts the changes of a tensor and of its views."""
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda argument: argument.meta["val"])
        operands = node.all_input_nodes
        before = [state(each) for each in operands]
        call = getattr(args[0], node.target) if node.op == "call_method" else node.target
        node.meta["val"] = call(*(args[1:] if node.op == "call_method" else args), **kwargs)
        changed = [each for each, was in zip(operands, before, strict=True) if not unchanged(was, state(each))]
        if changed:
            note_overwritten(node, changed, self.graph.nodes)

    def _frame(self) -> FrameType | None:
        """The innermost frame of the user's text; None outside of it (inputs, the output)."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename != FILENAME:
            frame = frame.f_back
        return frame


class _Mode(TorchFunctionMode):  # type: ignore[misc]
    """Makes nodes of what no proxy takes part in: calls on parameters alone, and random numbers."""

    def __init__(self, tracer: SpanTracer) -> None:
        super().__init__()
        self.tracer = tracer
        self.found = False  # whether there was a tensor of the program among the arguments

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:  # fmt: skip
        kwargs = kwargs or {}
        if func in RANDOM:
            return self.tracer.create_proxy("call_function", func, args, self.tracer.on_device(kwargs))
        name = getattr(func, "__name__", "")
        if name == "__get__" and func.__self__.__name__ in DERIVED and self.tracer.knows(args[0]):
            return getattr(self.tracer.proxy(self.tracer.create_arg(args[0])), func.__self__.__name__)
        if name == "__get__" or name in PLAIN:
            return func(*args, **kwargs)
        mapped = _mapped((args, dict(kwargs)), self._known)
        if not self.found:
            return func(*args, **kwargs)
        self.found = False
        return TypedProxy.__torch_function__(func, (), *mapped)

    def _known(self, value: Any) -> Any:
        if not self.tracer.knows(value):
            return value
        self.found = True
        return self.tracer.proxy(self.tracer.create_arg(value))


def _mapped(argument: Any, change: Callable[[Any], Any]) -> Any:
    match argument:
        case dict():
            return {name: _mapped(each, change) for name, each in argument.items()}
        case tuple() if hasattr(argument, "_fields"):
            return argument
        case tuple() | list():
            return type(argument)(_mapped(each, change) for each in argument)
    return change(argument)


def _operator(method: str, args: tuple[Any, ...]) -> tuple[str, Any, tuple[Any, ...]]:
    """`w * x` with a parameter on the left reaches torch.fx as a method; it is the operator all the same."""
    if method in REFLECTED:
        return "call_function", REFLECTED[method], args[::-1]
    bare = method[2:-2] if method.startswith("__") and method.endswith("__") else ""
    return (
        ("call_function", getattr(operator, bare), args) if hasattr(operator, bare) else ("call_method", method, args)
    )


def _scope(node: fx.Node) -> tuple[str, ...]:
    """The path of the module whose code is running."""
    stack = node.meta.pop("nn_module_stack", None)
    path = next(reversed(stack.values()))[0] if stack else ""
    return tuple(path.split(".")) if path else ()
