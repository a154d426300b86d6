"""State, undo, and telling who listens."""

import pytest

from explorer.session import MOST_UNDO, Session, State, slider_range


def test_typing_without_a_pause_is_one_step_of_undo():
    session = Session()
    for text in ("a", "a*", "a*b"):
        session.edit_text(text)
    assert session.undo()
    assert session.state.text == ""
    assert not session.undo()
    assert session.redo()
    assert session.state.text == "a*b"


def test_a_pause_starts_a_new_step():
    session = Session()
    session.edit_text("a")
    session.checkpoint()
    session.edit_text("a*b")
    session.undo()
    assert session.state.text == "a"


def test_text_and_inputs_come_back_in_the_order_they_were_changed():
    session = Session()
    session.edit_text("a")
    session.set_input("a", "2.0")
    session.set_input("a", "3.0")
    session.edit_text("a*a")
    assert session.undo()
    assert (session.state.text, session.state.inputs) == ("a", {"a": "3.0"})
    session.undo()
    assert (session.state.text, session.state.inputs) == ("a", {})


def test_a_new_edit_ends_what_could_be_redone():
    session = Session()
    session.edit_text("a")
    session.undo()
    session.edit_text("b")
    assert not session.can_redo


def test_undo_is_bounded():
    session = Session()
    for number in range(MOST_UNDO + 50):
        session.edit_text(str(number))
        session.checkpoint()
    count = 0
    while session.undo():
        count += 1
    assert count == MOST_UNDO


def test_listeners_hear_what_changed_and_only_then():
    session, heard = Session(), []
    stop = session.listen(heard.append)
    session.show(framework="jax", device="cpu")
    session.show(framework="jax")
    session.edit_text("x")
    stop()
    session.edit_text("y")
    assert heard == [frozenset({"framework"}), frozenset({"text"})]


def test_what_is_typed_cannot_be_changed_around_undo():
    with pytest.raises(ValueError, match="edited"):
        Session().show(text="x")


def test_another_document_has_no_past():
    session = Session()
    session.edit_text("x")
    session.open(State(text="y", framework="jax"))
    assert not session.can_undo
    assert session.state.framework == "jax"


@pytest.mark.parametrize(
    ("value", "reach"), [(0.0, 5), (2.0, 5), (-5.0, 5), (5.1, 10), (11, 20), (499, 500), (1e6, 1e6)]
)
def test_sliders_have_round_ends(value, reach):
    assert slider_range(value) == (-reach, reach)
