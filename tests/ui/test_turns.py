"""The window answers while a capture comes in: CPU time of its thread in each turn of the event loop."""

from __future__ import annotations

from tests.ui.story import Story
from tests.ui.test_workers import Turns

MOST_TURN_SECONDS = 0.050
TERMS = 8  # a quiet machine manages three times as many: the limit is CPU time, and a shared machine gives less of it


def test_no_turn_of_the_event_loop_takes_long_while_a_capture_comes_in(story: Story) -> None:
    """The toy framework and the layout work in this thread, so they are left out: their events are replayed."""
    story.open_text("a * (a + b)")
    text = " + ".join(f"a * (b + {name})" for name in (f"x{k}" for k in range(TERMS)))
    recorded = recording(story, text)
    story.open_text("a * (a + b)")
    story.workers.replays = recorded
    turns = Turns()
    try:
        story.editor.setPlainText(text)
        story.wait_for_picture()
    finally:
        turns.stop()
    assert len(story.cards) > 4 * TERMS
    assert turns.seconds
    assert max(turns.seconds) <= MOST_TURN_SECONDS, f"{max(turns.seconds) * 1000:.0f} ms in one turn"


def recording(story: Story, text: str) -> dict[str, list[object]]:
    """What the workers say to `text`: events by kind of request."""
    start = len(story.workers.events)
    story.open_text(text)
    said = story.workers.events[start:]
    return {
        "capture": [event for key, event in said if key != "layout"],
        "layout": [event for key, event in said if key == "layout"],
    }
