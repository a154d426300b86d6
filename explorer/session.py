"""The state of one document: what is typed, for which framework, what is shown and selected. Undo covers what is typed.

Listeners are plain callables; `widgets/documents.py` turns them into signals. Nothing in here runs the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from explorer.adapters import FRAMEWORK_KEYS

Place: TypeAlias = tuple[str, ...]  # call path, then node id; () is no selection
Range: TypeAlias = tuple[float, float]
Direction = Literal["down", "right"]
Listener = Callable[[frozenset[str]], None]

THEMES: Final = ("system", "light", "dark", "projector")
MOST_UNDO: Final = 200
TYPED: Final = frozenset({"text", "inputs"})


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is saved. `inputs` maps a name to its VALUE text, `ranges` to the ends of its slider.

    `entry` is what of a text of Python is captured, empty for the last one that can be; `stage` empty means the
    framework's first stage; `cursor` None means the end of the playback. `text_beside` puts the stage's text beside the
    graph, `beside` is the stage in a second pane, empty for one pane. `open` maps `framework:stage` to the ids of the
    groups that stand open there; the layout decides for others.
    """

    text: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    framework: str = FRAMEWORK_KEYS[0]
    entry: str = ""
    device: str = "cpu"
    stage: str = ""
    selection: Place = ()
    cursor: int | None = None
    theme: str = "system"
    direction: Direction = "down"
    text_beside: bool = False
    beside: str = ""
    open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def another(self, text: str = "", inputs: Mapping[str, str] | None = None) -> State:
        """Another document in the same window: what is chosen for the window stays."""
        return State(
            text=text,
            inputs=inputs or {},
            framework=self.framework,
            theme=self.theme,
            direction=self.direction,
            text_beside=self.text_beside,
            beside=self.beside,
        )


@dataclass(frozen=True, slots=True)
class Edit:
    """What undo brings back."""

    text: str
    inputs: Mapping[str, str]


class Session:
    """A `State` that changes, tells its listeners what changed, and can take typing back.

    Edits of one kind merge into one undo step until `checkpoint`: a pause in typing, or the end of a slider's drag.
    """

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self._undo: list[Edit] = []
        self._redo: list[Edit] = []
        self._open: str | None = None  # the kind of edit that still merges
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with the names of changed fields after every change; the result takes it off again."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def edit_text(self, text: str) -> None:
        self._edit("text", text=text)

    def set_input(self, name: str, value: str) -> None:
        """A new VALUE for one input."""
        self._edit(f"input {name}", inputs={**self.state.inputs, name: value})

    def set_inputs(self, inputs: Mapping[str, str]) -> None:
        """Several inputs at once, as one step."""
        self._edit("inputs", inputs={**self.state.inputs, **inputs})

    def checkpoint(self) -> None:
        """The next edit is a step of its own."""
        self._open = None

    def show(self, **fields: Any) -> None:
        """Change what is not typed: framework, device, stage, selection, cursor, theme, direction and so on."""
        if TYPED & fields.keys():
            raise ValueError("text and inputs are edited, so that they can be undone")
        self._replace(**fields)

    def open(self, state: State) -> None:
        """Another document in place of this one. Its past is gone."""
        self._undo.clear()
        self._redo.clear()
        self._open = None
        self._replace(**{name: getattr(state, name) for name in State.__slots__})

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    def undo(self) -> bool:
        """Take the last step of typing back; False where there is none."""
        return self._travel(self._undo, self._redo)

    def redo(self) -> bool:
        return self._travel(self._redo, self._undo)

    def _travel(self, past: list[Edit], future: list[Edit]) -> bool:
        if not past:
            return False
        future.append(Edit(self.state.text, self.state.inputs))
        edit = past.pop()
        self._open = None
        self._replace(text=edit.text, inputs=edit.inputs)
        return True

    def _edit(self, kind: str, **fields: Any) -> None:
        before = Edit(self.state.text, self.state.inputs)
        if all(getattr(self.state, name) == value for name, value in fields.items()):
            return
        if self._open != kind:
            self._undo.append(before)
            del self._undo[:-MOST_UNDO]
            self._open = kind
        self._redo.clear()
        self._replace(**fields)

    def _replace(self, **fields: Any) -> None:
        changed = frozenset(name for name, value in fields.items() if getattr(self.state, name) != value)
        if not changed:
            return
        self.state = replace(self.state, **fields)
        for listener in tuple(self._listeners):
            listener(changed)


def slider_range(value: float) -> Range:
    """Ends of a slider for an input that is `value` now: symmetric, 1, 2 or 5 times a power of ten, at least 5."""
    reach = 5.0
    for power in range(1, 300):
        for digit in (1.0, 2.0, 5.0):
            if reach >= abs(value):
                return (-reach, reach)
            reach = digit * 10.0**power
    return (-abs(value), abs(value))
