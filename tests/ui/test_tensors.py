"""A tensor in the inspector: what its pictures say, slices, all numbers on request, NumPy files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from explorer.capture.recording import Recording
from explorer.worker.requests import ArrayRequest
from tests.ui.story import Story
from widgets.results import ArrayKey
from widgets.tensors.view import TensorView

LARGE = {"a": "normal(512, 512)", "b": "normal(512)"}


def tensor(story: Story) -> TensorView:
    made = story.window.inspector.tensor
    assert made is not None
    return made


def look(story: Story, text: str, inputs: dict[str, str], node: str = "mul") -> TensorView:
    """The tensor view of a card."""
    story.open_text(text, inputs, framework="jax")
    QApplication.processEvents()  # the numbers of the last stage too
    story.document.select(node)
    return tensor(story)


def array(story: Story, node: str = "mul", column: str = "value") -> np.ndarray:
    """What the toy framework computes for the shown text, evaluated apart."""
    adapter = story.workers._answers["jax"]._adapter()
    program = adapter.load(story.document.shown.source)
    with Recording(only=node).open():
        found = {made.key: made.cells for made in adapter.evaluate(program, "jaxpr", program.inputs)}
    return found[column][node]


# ---- what is seen ----


def test_a_selected_tensor_shows_its_statistics_and_says_how_its_numbers_are_spread(story: Story) -> None:
    view = look(story, "a * b", {"a": "[[-2.0, 0.0], [1.0, 6.0]]", "b": "1.0"})
    assert view.histogram.accessibleDescription() == (
        "4 numbers from −2.0 to 6.0, most of them, 2, between 0.0 and 2.0"
    )
    assert view.statistics.accessibleDescription() == "min −2.0, max 6.0, mean 1.25, std 2.947, norm 6.403, zeros 1"
    assert view.legend.accessibleDescription() == "−6.0 … 6.0"


def test_what_is_no_number_is_counted(story: Story) -> None:
    view = look(story, "a * b", {"a": "[1e39, 1.0, -1e39, 0.0]", "b": "1.0"})
    assert view.statistics.facts["infinite"] == 2
    assert view.statistics.facts["NaN"] == 0
    assert view.statistics.facts["max"] == 1


def test_the_adjoint_has_the_same_pictures(story: Story) -> None:
    view = look(story, "a * b", {"a": "[[1.0, 2.0], [3.0, 4.0]]", "b": "[[5.0, 6.0], [7.0, 8.0]]"}, "a")
    story.click(view.choices["cotangent"])
    assert (view.statistics.facts["min"], view.statistics.facts["max"]) == (5, 8)
    story.document.select("b")
    assert tensor(story).shown == "cotangent"  # as chosen


def test_a_number_has_no_picture_and_neither_has_what_is_not_computed_yet(story: Story) -> None:
    story.open_text("a * b", {"a": "2.0", "b": "[1.0, 2.0]"}, framework="jax")
    story.document.select("a")
    assert story.window.inspector.tensor is None
    story.document.select("mul")
    assert "cotangent" in tensor(story).choices
    story.document.seek(0)
    assert story.window.inspector.tensor is None


def test_pointing_at_the_picture_tells_index_and_number(story: Story) -> None:
    view = look(story, "a * b", {"a": "[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]", "b": "1.0"})
    story.qtbot.waitUntil(lambda: view.map.height() == view.map.heightForWidth(view.map.width()))
    assert view.caption.text() == "[:, :]"
    at = QPointF(view.map.width() - 6, view.map.height() - 6)
    none = Qt.MouseButton.NoButton
    moved = QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view.map, moved)
    assert view.caption.text() == "[1, 2] = 6.0"
    QTest.keyClick(view.map, Qt.Key.Key_Left)
    assert view.caption.text() == "[1, 1] = 5.0"


@pytest.mark.parametrize("width", [1024, 1920])
def test_no_row_of_the_picture_is_cut(story: Story, width: int) -> None:
    view = look(story, "a * b", {"a": "normal(6, 9)", "b": "1.0"})
    story.window.resize(width, 768)
    story.qtbot.waitUntil(lambda: view.map.height() >= view.map.heightForWidth(view.map.width()) > 60)
    QTest.keyClick(view.map, Qt.Key.Key_Down)
    for _ in range(9):
        QTest.keyClick(view.map, Qt.Key.Key_Down)
    assert view.caption.text().startswith("[5, 0] = ")


def test_a_tensor_of_four_dimensions_is_seen_slice_by_slice(story: Story) -> None:
    view = look(story, "a * b", {"a": "normal(2, 3, 4, 5)", "b": "1.0"})
    assert view.caption.text() == "[0, 0, :, :]"
    view.axes[0].setFocus()
    QTest.keyClick(view.axes[0], Qt.Key.Key_Right)
    QTest.keyClick(view.axes[1], Qt.Key.Key_End)
    assert view.caption.text() == "[1, 2, :, :]"
    QTest.keyClick(view.map, Qt.Key.Key_Down)
    number = array(story)[1, 2, 0, 0].item()
    assert view.caption.text().startswith("[1, 2, 0, 0] = ")
    assert view.caption.text().endswith(f"{abs(number):.4g}")
    story.document.session.set_input("b", "2.0")
    story.qtbot.waitUntil(lambda: tensor(story) is not view)
    assert tensor(story).caption.text() == "[1, 2, :, :]"  # new numbers, the same slice


def test_the_graph_as_a_whole_says_how_much_is_kept(story: Story) -> None:
    story.open_text("a * b", {"a": "ones(10, 10)", "b": "1.0"}, framework="jax")
    row = story.window.inspector.rows["recorded"]
    kept = sum(
        cell.nbytes
        for columns in story.document.shown.columns.values() for column in columns.values()
        for cell in column.cells.values()
    )  # fmt: skip
    assert row.text() == f"{kept / 1024:.4g}\u00a0KB"


# ---- all numbers ----


def test_a_large_tensor_is_loaded_on_request_and_dropped_with_new_inputs(story: Story) -> None:
    view = look(story, "a * b", LARGE)
    assert view.load_button.text() == "Load all 262\u2009144 numbers (1 MB)"
    assert view.caption.text().startswith("[:, :]  1 number in ")
    assert not view.copy_button.isVisible()
    story.click(view.load_button)
    key = ArrayKey("jaxpr", "value", "mul")
    story.qtbot.waitUntil(lambda: key in story.document.shown.arrays)
    story.qtbot.waitUntil(lambda: tensor(story).load_button.isHidden())
    np.testing.assert_array_equal(story.document.shown.arrays[key], array(story))
    story.document.session.set_input("b", "ones(512)")
    story.qtbot.waitUntil(lambda: not story.document.shown.arrays)
    story.qtbot.waitUntil(lambda: not tensor(story).load_button.isHidden())


def test_loading_can_be_cancelled_and_says_so(story: Story) -> None:
    view = look(story, "a * b", LARGE)
    story.workers.holds = True
    story.click(view.load_button)
    assert tensor(story).load_button.text() == "Loading …"
    assert not tensor(story).load_button.isEnabled()
    story.qtbot.waitUntil(lambda: story.document.capturing.can_cancel)
    story.do("cancel")
    assert story.strip == "Cancelled."
    story.qtbot.waitUntil(lambda: tensor(story).load_button.isEnabled())


def test_a_tensor_above_the_limit_says_its_size(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.tensors.view.MOST_ARRAY_BYTES", 1 << 19)
    view = look(story, "a * b", LARGE)
    assert view.too_large.text() == "1 MB: more than the 512 KB that are loaded here"
    assert view.load_button.isHidden()
    assert view.save_button.isHidden()


def test_numbers_of_a_text_before_the_mistake_cannot_be_asked_for(story: Story) -> None:
    look(story, "a * b", LARGE)
    story.editor.setPlainText("a * ")
    story.qtbot.waitUntil(lambda: bool(story.document.problems))
    story.document.select("a")
    assert tensor(story).load_button.isHidden()
    assert story.workers.requests(ArrayRequest) == []


# ---- files and the clipboard ----


def save_as(story: Story, path: Path) -> None:
    """Answer the file dialog that is open."""
    dialog = next(one for one in story.window.findChildren(QFileDialog) if one.isVisible())
    dialog.fileSelected.emit(str(path))
    dialog.reject()


@pytest.mark.parametrize("inputs", [{"a": "normal(2, 3, 4, 5)", "b": "2.0"}, LARGE], ids=["here", "on request"])
def test_what_is_saved_is_what_numpy_loads(story: Story, tmp_path: Path, inputs: dict[str, str]) -> None:
    view = look(story, "a * b", inputs)
    path = tmp_path / "product.npy"
    story.click(view.save_button)
    save_as(story, path)
    story.qtbot.waitUntil(path.exists)
    loaded = np.load(path, allow_pickle=False)
    np.testing.assert_array_equal(loaded, array(story))
    assert loaded.dtype == np.float32
    story.qtbot.waitUntil(lambda: bool(story.strip))
    assert story.strip == f"product.npy saved: {loaded.size:,} numbers as float32.".replace(",", "\u2009")


def test_the_adjoint_is_saved_where_the_adjoint_is_shown(story: Story, tmp_path: Path) -> None:
    view = look(story, "a * b", {"a": "normal(3, 4)", "b": "normal(3, 4)"}, "a")
    story.click(view.choices["cotangent"])
    story.do("save_numbers")
    save_as(story, tmp_path / "adjoint.npy")
    story.qtbot.waitUntil(lambda: "adjoint.npy" in story.strip)
    np.testing.assert_array_equal(np.load(tmp_path / "adjoint.npy"), array(story, "a", "cotangent"))


def test_a_place_that_cannot_be_written_is_one_sentence(story: Story, tmp_path: Path) -> None:
    view = look(story, "a * b", {"a": "normal(3, 4)", "b": "1.0"})
    story.click(view.save_button)
    save_as(story, tmp_path / "nowhere" / "x.npy")
    story.qtbot.waitUntil(lambda: "x.npy" in story.strip and "saved" not in story.strip)


def test_without_a_tensor_the_command_says_what_to_do(story: Story) -> None:
    story.do("save_numbers")
    assert story.strip == "Select a card that holds a tensor, then save it."


def test_copying_gives_every_digit(story: Story) -> None:
    view = look(story, "a * b", {"a": "[0.1, 0.2]", "b": "1.0"})
    story.click(view.copy_button)
    assert QApplication.clipboard().text() == "[0.1, 0.2]"
