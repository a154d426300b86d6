"""What a client says to a run in progress. One thread posts (the host's reader), another takes (the loop's)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from explorer.worker.requests import Acknowledge, TrainControl


class Control:
    """Messages for one run. The training loop looks at `attention` alone, so steering is free while nobody steers.

    `attention` is read without the lock: at worst it is seen one step late.
    """

    def __init__(self) -> None:
        self.attention = False
        self.acknowledged = 0  # the highest Metrics sequence the client has dealt with
        self._messages: list[TrainControl] = []
        self._changed = threading.Condition()

    def post(self, message: TrainControl | Acknowledge) -> None:
        """Hand over one message; never blocks for long. Any thread."""
        with self._changed:
            if isinstance(message, Acknowledge):
                self.acknowledged = max(self.acknowledged, message.sequence)
            else:
                self._messages.append(message)
                self.attention = True
            self._changed.notify_all()

    def call(self) -> None:
        """Ask the training thread to look up, without a message: something else (a frame) is due."""
        with self._changed:
            self.attention = True
            self._changed.notify_all()

    def take(self) -> tuple[TrainControl, ...]:
        """All messages since the last call, in the order posted; lowers `attention`."""
        with self._changed:
            messages, self._messages = tuple(self._messages), []
            self.attention = False
            return messages

    def wait(self) -> None:
        """Sleep until `attention` is raised."""
        with self._changed:
            self._changed.wait_for(lambda: self.attention)

    def wait_for(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        """Sleep until `condition()` holds, looked at after every change, or `timeout` seconds have passed."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def changed(self, change: Callable[[], None]) -> None:
        """Make a change that others wait for in `wait_for`, and wake them."""
        with self._changed:
            change()
            self._changed.notify_all()
