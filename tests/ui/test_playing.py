"""The player: steps, scrubbing, what is not computed yet; keys in the player and for the remote."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.story import Story

Key = Qt.Key
NOT_YET = "not computed yet"


@pytest.fixture(autouse=True)
def _picture(story: Story) -> None:
    story.open_text("a * (a + b)", {"a": "2.0", "b": "3.0"}, framework="jax")


def result_texts(story: Story) -> list[str]:
    return story.texts(story.window.result)


def test_at_the_end_every_value_and_every_gradient_is_there(story: Story) -> None:
    assert story.window.result.value.text().startswith("10.0")
    assert {"∂/∂a = 7.0", "∂/∂b = 2.0"} <= set(result_texts(story))
    assert story.adjoint_text("b") == "2.0"
    assert story.window.graph.player.where.text() == "backward 4 / 4"


def test_at_the_start_nothing_is_computed_and_nothing_says_zero(story: Story) -> None:
    story.do("player_first")
    assert story.card_text("a") == "2.0"
    assert story.card_text("mul") == ""
    assert story.adjoint_text("a") == ""
    texts = " ".join(result_texts(story))
    assert texts.count(NOT_YET) == 3
    assert "0.0" not in texts


def test_one_step_back_takes_the_last_adjoint_away(story: Story) -> None:
    story.do("player_back")
    gone = [name for name in ("a", "b") if not story.adjoint_text(name)]
    assert len(gone) == 1
    assert any(NOT_YET in text and f"∂/∂{gone[0]}" in text for text in result_texts(story))


def test_the_keys_of_the_player(story: Story) -> None:
    player = story.window.graph.player
    player.setFocus()
    for key, index in ((Key.Key_Home, 0), (Key.Key_Right, 1), (Key.Key_Right, 2), (Key.Key_Left, 1), (Key.Key_End, 6)):
        QTest.keyClick(player, key)
        state = story.document.state()
        assert state is not None
        assert state.index == index
    QTest.keyClick(player, Key.Key_Up)
    assert story.window.player.speed == 2.0
    assert player.speed.text() == "2×"
    QTest.keyClick(player, Key.Key_Down)
    assert story.window.player.speed == 1.0


def test_space_plays_from_the_start_to_the_end_and_then_nothing_runs(story: Story) -> None:
    story.window.player.set_speed(4.0)
    player = story.window.graph.player
    player.setFocus()
    QTest.keyClick(player, Key.Key_Space)
    assert story.window.player.is_playing
    assert story.document.session.state.cursor == 0
    story.qtbot.waitUntil(lambda: not story.window.player.is_playing, timeout=20_000)
    assert story.document.session.state.cursor is None


def test_a_click_on_the_scrubber_goes_there(story: Story) -> None:
    scrubber = story.window.graph.player.scrubber
    QTest.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(scrubber.width() // 2, scrubber.height() // 2))
    assert story.document.session.state.cursor == 3
    QTest.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(2, scrubber.height() // 2))
    assert story.document.session.state.cursor == 0


def test_the_formula_of_a_fan_in_adds_the_shares(story: Story) -> None:
    story.document.select("a")
    assert any("= 7.0" in text and "5.0" in text and "2.0" in text for text in story.texts(story.window.inspector))
    story.do("player_first")
    assert not any("7.0" in text for text in story.texts(story.window.inspector))
    assert NOT_YET in story.texts(story.window.inspector)


def test_the_gradient_stage_plays_its_own_nodes(story: Story) -> None:
    story.show_stage("gradient")
    story.do("player_first")
    assert story.card_text("seed") == ""
    assert any(f"∂/∂a  {NOT_YET}" == text for text in result_texts(story))
    story.do("player_last")
    assert story.card_text("seed") == "1.0"
    assert "∂/∂a = 7.0" in result_texts(story)


def test_a_new_text_is_shown_at_its_end(story: Story) -> None:
    story.do("player_last")
    story.editor.setPlainText("a * b * a")
    story.wait_for_picture()
    state = story.document.state()
    assert state is not None
    assert state.index == state.total


def test_a_stage_without_cotangents_plays_its_values_only(story: Story) -> None:
    story.document.session.show(framework="pytorch")
    story.open_text("a * (a + b)", {"a": "2.0", "b": "3.0"})
    assert story.document.playback.adjoint_step
    story.document.show_stage("aten")
    story.qtbot.waitUntil(lambda: story.document.stage == "aten")
    assert not story.document.playback.adjoint_step
