"""The rate limit on what a program prints."""

import os

import pytest

from explorer.worker.output import INTERVAL, MOST_CHARACTERS, OutputLimiter, OutputPump


def test_a_line_goes_out_at_once_and_the_next_waits_its_turn():
    limiter = OutputLimiter()
    assert limiter.wait(10.0) is None
    limiter.add("one\n")
    assert limiter.wait(10.0) == 0.0
    assert limiter.take(10.0) == ("one\n", 0)
    limiter.add("two\n")
    assert limiter.wait(10.0) == pytest.approx(INTERVAL)
    assert limiter.wait(10.0 + 2 * INTERVAL) == 0.0


def test_of_a_flood_the_end_is_kept_and_the_rest_is_counted():
    limiter = OutputLimiter()
    for _ in range(3):
        limiter.add("x" * MOST_CHARACTERS)
    limiter.add("the end")
    text, dropped = limiter.take(0.0)
    assert (len(text), dropped) == (MOST_CHARACTERS, 2 * MOST_CHARACTERS + 7)
    assert text.endswith("the end")
    assert limiter.wait(0.0) is None


def test_all_that_is_printed_is_passed_on_or_counted():
    source, sink = os.pipe()
    said = []
    pump = OutputPump(source, lambda text, dropped: said.append((text, dropped)))
    content = "héllo\n".encode() * 50_000
    view = memoryview(content)
    while view:
        view = view[os.write(sink, view) :]
    os.close(sink)
    pump.finish(30.0)
    assert sum(len(text) + dropped for text, dropped in said) == len(content.decode())
    assert max(len(text) for text, _ in said) <= MOST_CHARACTERS
    assert pump.tail.endswith("héllo\n")
    os.close(source)
