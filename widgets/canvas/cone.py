"""What an item is made from, what is made from it: everything else steps back until Esc. A mixin of the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from widgets.canvas.index import SceneIndex

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget as _Base
else:
    _Base = object

DOWN, UP = 0, 1  # rows of `SceneIndex.related`
SIDES: Final = {"down": DOWN, "up": UP}


@dataclass(frozen=True, slots=True)
class Cone:
    """What leads to `item` (a place or a group's id) and what it leads to, as far as asked for; false for neither."""

    item: str = ""
    up: bool = False
    down: bool = False

    def __bool__(self) -> bool:
        return self.up or self.down

    @property
    def sides(self) -> list[int]:
        return [side for side, wanted in ((DOWN, self.down), (UP, self.up)) if wanted]


class CanvasCone(_Base):
    """Expects a `GraphCanvas`: its index and marks."""

    index: SceneIndex | None
    _cone: Cone

    def toggle_upstream(self) -> None:
        """Light what the selected card is made from, or no longer; with the other way it makes the whole path."""
        self._toggle(up=True)

    def toggle_downstream(self) -> None:
        """Light what is made from the selected card, or no longer."""
        self._toggle(down=True)

    def clear_cone(self) -> None:
        if self._cone:
            self._cone = Cone()
            self._refresh()

    @property
    def cone(self) -> Cone:
        return self._cone

    def _toggle(self, *, up: bool = False, down: bool = False) -> None:
        """For the item that is selected, else for the one whose way is lit."""
        if self.index is None:
            return
        chosen = next(iter(self._marks.selected), self._marks.focused)
        item = self.index.ids[chosen] if chosen >= 0 else self._cone.item
        if not item:
            return
        now = self._cone if self._cone.item == item else Cone(item)
        self._cone = Cone(item, now.up ^ up, now.down ^ down)
        self._refresh()

    def cone_text(self) -> str:
        """What is lit, in words."""
        item = self.index.item_of(self._cone.item) if self.index else -1
        if self.index is None or item < 0:
            return ""
        title = (self.index.scene.title + self.index.scene.frames.title)[item]
        if self._cone.up and self._cone.down:
            text = self.tr("to and from %1 · Esc")
        elif self._cone.up:
            text = self.tr("what leads to %1 · Esc")
        else:
            text = self.tr("what %1 leads to · Esc")
        return text.replace("%1", title)
