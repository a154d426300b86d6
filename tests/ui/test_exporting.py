"""Pictures in files: every form, all or a part, as the playback stands; nothing waits for them."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from explorer.picture.sheet import Sheet
from tests.ui.canvas_scenes import forward_numbers, forward_scene, gradient_scene, pixels, vermilion
from tests.ui.story import Story
from widgets.export import Sketch, write
from widgets.panels.export import ExportDialog

WAIT = 30_000  # a process starts
PRODUCT = "a * (a + b)"
NUMBERS = {"a": "2.0", "b": "3.0"}


def wait_for(story: Story, path: Path) -> None:
    story.qtbot.waitUntil(lambda: not story.window.exporting.is_busy, timeout=WAIT)
    assert path.name in story.strip


def streams(pdf: bytes) -> list[bytes]:
    """What is packed in a PDF."""
    return [zlib.decompress(packed) for packed in re.findall(rb"FlateDecode.*?stream\n(.*?)\nendstream", pdf, re.S)]


def dialog(story: Story) -> ExportDialog:
    story.do("export")
    return next(top for top in QApplication.topLevelWidgets() if isinstance(top, ExportDialog) and top.isVisible())


# ---- the painter of files ----


def test_an_image_has_two_pixels_per_pixel_and_the_colours_of_its_theme() -> None:
    shown = gradient_scene()
    left, top, right, bottom = shown.bounds
    for theme in ("light", "dark"):
        sketch = Sketch(Sheet(shown, "g.png", theme))
        image = sketch.image()
        assert image.width() == pytest.approx(2 * (right - left + 64), abs=2)
        assert image.height() == pytest.approx(2 * (bottom - top + 64), abs=2)
        assert image.pixelColor(0, 0) == sketch.theme.colour("surface.canvas")
        assert image.pixelColor(image.width() - 1, image.height() - 1) == sketch.theme.colour("surface.canvas")
        assert vermilion(image).sum() > 500


def test_an_image_that_would_be_too_large_is_made_smaller() -> None:
    image = Sketch(Sheet(forward_scene(), "g.png", scale=2000.0)).image()
    assert 20_000_000 < image.width() * image.height() <= 121_000_000


def test_a_part_shows_that_part_alone() -> None:
    shown = forward_scene()
    x, y, width, height = shown.rect[shown.nodes.index("mul")].tolist()
    image = Sketch(Sheet(shown, "g.png", box=(x, y, x + width, y + height), scale=1.0)).image()
    assert (image.width(), image.height()) == (round(width), round(height))
    ground = Sketch(Sheet(shown, "g.png")).theme.colour("surface.card")
    middle = pixels(image)[image.height() // 2, -20:-10]
    assert (middle == [ground.red(), ground.green(), ground.blue()]).all()


def test_a_pdf_is_one_page_of_letters_and_curves(tmp_path: Path) -> None:
    shown, numbers = forward_scene(), forward_numbers()
    path = tmp_path / "g.pdf"
    said = write(Sheet(shown, str(path), value=numbers.value, cotangent=numbers.cotangent))
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Type /Page\n") == 1
    left, top, right, bottom = shown.bounds
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert box is not None
    assert float(box[1]) == pytest.approx(right - left + 64, abs=1)
    assert float(box[2]) == pytest.approx(bottom - top + 64, abs=1)
    assert said == f"{right - left + 64:.0f} x {bottom - top + 64:.0f} points"
    assert b"JetBrainsMono" in data, "the font is in the file"
    page = next(stream for stream in streams(data) if b" Tf" in stream)
    assert page.count(b" Tj") + page.count(b" TJ") >= 4, "titles are text"
    assert page.count(b" c\n") > 8, "wires are curves"
    assert b"/Subtype /Image" not in data, "and nothing is pixels"


# ---- from the window ----


@pytest.mark.parametrize("suffix", [".png", ".svg", ".graphml"])
def test_the_graph_is_written_in_the_form_of_the_suffix(story: Story, tmp_path: Path, suffix: str) -> None:
    story.open_text(PRODUCT, NUMBERS)
    path = tmp_path / f"graph{suffix}"
    story.window.commands.export_to(path)
    wait_for(story, path)
    if suffix == ".png":
        image = QImage(str(path))
        assert f"{image.width()} x {image.height()} pixels" in story.strip
        assert image.width() > 400
    else:
        text = path.read_text("utf-8")
        assert text.startswith("<")
        assert all(node in text for node in ("add", "mul"))


def test_a_part_is_written_as_the_playback_stands(story: Story, tmp_path: Path) -> None:
    story.open_text(PRODUCT, NUMBERS)
    story.document.seek(1)
    story.canvas.select("add")
    whole, chosen = tmp_path / "whole.svg", tmp_path / "chosen.svg"
    for path, extent in ((whole, "all"), (chosen, "selection")):
        story.window.commands.export_to(path, extent)
        wait_for(story, path)
    assert re.findall(r'data-id="([^"]*)"', chosen.read_text("utf-8")) == ["add"]
    assert "not computed yet" in whole.read_text("utf-8")
    assert "10.0" not in re.sub(r"<title>.*?</title>", "", whole.read_text("utf-8")), "nor is it in the picture"
    story.canvas.zoom(4)
    view = tmp_path / "view.svg"
    story.window.commands.export_to(view, "view")
    wait_for(story, view)
    width, height = re.search(r'width="([\d.]+)" height="([\d.]+)"', view.read_text("utf-8")).groups()
    assert float(width) / float(height) == pytest.approx(story.canvas.width() / story.canvas.height(), rel=0.01)


def test_the_dialog_offers_what_fits_the_form_and_remembers_the_folder(story: Story, tmp_path: Path) -> None:
    story.open_text(PRODUCT, NUMBERS)
    asked = dialog(story)
    assert not asked.extents["selection"].isEnabled(), "nothing is selected"
    asked.extents["view"].setChecked(True)
    asked.form.setCurrentIndex(asked.form.findData(".json"))
    assert asked.path.text().endswith(".json")
    assert asked.extent == "all"
    assert not asked.theme.isEnabled()
    asked.path.setText(str(tmp_path / "here" / "g.bmp"))
    assert not asked.save.isEnabled()
    (tmp_path / "here").mkdir()
    asked.path.setText(str(tmp_path / "here" / "g.html"))
    assert asked.form.currentData() == ".html"
    story.click(asked.save)
    wait_for(story, tmp_path / "here" / "g.html")
    assert (tmp_path / "here" / "g.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    story.canvas.select("add")
    again = dialog(story)
    assert Path(again.path.text()).parent == tmp_path / "here"
    assert again.extents["selection"].isEnabled()
    QTest.keyClick(again, Qt.Key.Key_Escape)


def test_a_picture_under_way_can_be_given_up(story: Story, tmp_path: Path) -> None:
    story.open_text(PRODUCT, NUMBERS)
    stopped: list[Path] = []
    story.window.exporting.stopped.connect(stopped.append)
    story.window.commands.export_to(tmp_path / "g.png")
    story.window.exporting.slow.emit(tmp_path / "g.png")
    assert "g.png" in story.strip
    story.click(story.window.strip.action)
    assert stopped == [tmp_path / "g.png"]
    assert not story.window.exporting.is_busy
