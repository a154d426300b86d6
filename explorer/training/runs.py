"""One training run: drives a Trainer step by step, streams what happens, does what the client says meanwhile."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from explorer.capture.record import Diagnostic
from explorer.training.best import Best
from explorer.training.config import Initial, RunConfig
from explorer.training.control import Control
from explorer.training.models import grid, is_rate
from explorer.training.models import initial as start_of
from explorer.training.record import RunBuilder, RunRecord
from explorer.training.streaming import Stream
from explorer.worker.events import DiagnosticEvent, Metrics, TrainDone
from explorer.worker.requests import Acknowledge, TrainControl

if TYPE_CHECKING:
    from explorer.adapters.base import Adapter, Trainer

INFINITY = float("inf")

RunEvent = Metrics | TrainDone | DiagnosticEvent
Send = Callable[[RunEvent], None]

MOST_PER_FRAME = 65_536  # losses in one frame; a client that was away for long gets several


def run(
    trainer: Trainer,
    config: RunConfig,
    initial: Initial,
    send: Send,
    control: Control,
    *,
    request: int = 0,
    frames_per_second: float = 15.0,
    paused: bool = False,
) -> TrainDone:
    """Train to the end of `config.steps` or to `stop`. Sends Metrics while it runs, TrainDone last, and returns that.

    `send` is called from a thread of its own, one event at a time; an exception it raises ends the run and is raised
    here. Frames of 0 per second send all losses at the end. A training loss that is not finite ends the run: nothing
    can follow from it.
    """
    loop = _Loop(trainer, config, initial, send, control, request, frames_per_second, paused)
    done = loop.run()
    send(done)
    return done


def train_once(adapter: Adapter, config: RunConfig, on_progress: Callable[[Metrics], None] | None = None) -> RunRecord:
    """Train in this process and return the record; `on_progress` sees every Metrics."""
    start = start_of(config)
    control = Control()
    builder = RunBuilder(config)

    def receive(event: RunEvent) -> None:
        builder.add(event)
        if isinstance(event, Metrics):
            control.post(Acknowledge(event.sequence))
            if on_progress is not None:
                on_progress(event)

    run(adapter.trainer(config, start), config, start, receive, control)
    return builder.record()


class _Loop:
    """The state of one run. `_step` counts updates made, which is also the step whose losses come next."""

    def __init__(
        self,
        trainer: Trainer,
        config: RunConfig,
        initial: Initial,
        send: Send,
        control: Control,
        request: int,
        frames_per_second: float,
        paused: bool,
    ) -> None:
        self._trainer, self._config, self._send, self._control = trainer, config, _one_at_a_time(send), control
        self._request = request
        self._state = "paused" if paused else "running"
        self._grid = grid(initial)
        self._step = 0
        # Losses that no frame has taken yet, up to `_step`; plain numbers, which the garbage collector never looks at.
        self._train, self._validation = array("d"), array("d")
        self._sequence = 0
        self._rate = config.schedule.at(0)
        self._rate_is_theirs = False
        self._stopped = False
        self._best = Best(trainer)
        self._watch = _StepWatch()
        self._stream = Stream(self._send, control, frames_per_second=frames_per_second)

    def run(self) -> TrainDone:
        self._trainer.set_learning_rate(self._rate)
        self._fit()  # traced and compiled here, not while the clock of a snapshot runs
        with self._stream:
            self._stream.refresh()
            while not self._finished:
                if self._control.attention:
                    self._attend()
                elif self._state == "paused":
                    self._watch.stop()
                    self._control.wait()
                else:
                    self._steps_until(self._follow_schedule())
        self._stream.check()
        return self._end()

    @property
    def _finished(self) -> bool:
        return self._stopped or self._step >= self._config.steps - 1

    def _follow_schedule(self) -> int:
        """Use the rate that the schedule has for this step; returns the step up to which it holds, at most the last."""
        last, since = self._config.steps - 1, self._config.schedule.since
        if self._step == 0:
            return 1  # on its own: a framework may compile in it
        if self._rate_is_theirs or self._step > since:
            return last
        rate = self._config.schedule.at(self._step)
        if rate != self._rate:
            self._use_rate(rate)
        return min(last, since) if self._step < since else last

    def _steps_until(self, limit: int) -> None:
        """The hot loop, at least one step: besides the step itself it keeps the losses and tests one flag."""
        control, best, advance = self._control, self._best, self._trainer.step
        keep_train, keep_validation = self._train.append, self._validation.append
        step = self._step
        self._watch.start(step)
        self._stream.refresh()  # and from now on until a frame is taken: every step is news
        while True:
            if best.near:
                best.keep()
            train, validation = advance()
            keep_train(train)
            keep_validation(validation)
            best.see(step, validation)
            step += 1
            if not train < INFINITY:
                self._stopped = True
                break
            if step >= limit or control.attention:
                break
        self._step = step
        self._watch.pass_by(step)

    def _attend(self) -> None:
        for message in self._control.take():
            self._obey(message)
        self._stream.check()
        if self._stream.due and not self._finished:
            self._show()

    def _obey(self, message: TrainControl) -> None:
        match message.operation:
            case "pause":
                self._state = "paused"
            case "resume":
                self._state = "running"
            case "stop":
                self._stopped = True
            case "step" if self._state == "paused" and not self._finished:
                self._follow_schedule()
                self._steps_until(self._step + 1)
                self._watch.stop()
            case "rate":
                self._take_rate(message.value)
        self._stream.refresh()

    def _take_rate(self, rate: float) -> None:
        """From now on the user's rate holds, the schedule no longer."""
        if not is_rate(rate):
            self._send(DiagnosticEvent(self._request, Diagnostic("warning", "training_rate", {"rate": rate})))
            return
        self._rate_is_theirs = True
        self._use_rate(rate)

    def _use_rate(self, rate: float) -> None:
        self._trainer.set_learning_rate(rate)
        self._rate = rate
        self._best.near = True  # another rate, another pace: keep every step until it is calm again

    def _show(self) -> None:
        began = time.thread_time()
        frame = self._frame(self._state)
        self._stream.offer(frame, cost=time.thread_time() - began)
        if self._train:
            self._stream.refresh()

    def _frame(self, state: str) -> Metrics:
        """The oldest losses that wait, as many as a frame takes, and the newest fit."""
        first = self._step - len(self._train)
        train, validation = np.array(self._train[:MOST_PER_FRAME]), np.array(self._validation[:MOST_PER_FRAME])
        del self._train[:MOST_PER_FRAME], self._validation[:MOST_PER_FRAME]
        self._sequence += 1
        return Metrics(
            self._request, self._sequence, np.arange(first, first + len(train), dtype=np.int64),
            train, validation, self._fit(), self._rate, state, self._trainer.device,
            self._watch.steps_per_second,
        )  # fmt: skip

    def _fit(self) -> np.ndarray:
        return np.hstack([self._grid, self._trainer.predict(self._grid).astype(np.float64)])

    def _end(self) -> TrainDone:
        """Evaluate the weights the run ends with, send what no frame has taken yet, and say how it went."""
        self._watch.stop()
        if not self._diverged:
            self._best.keep()
            train, validation = self._trainer.losses()
            self._train.append(train)
            self._validation.append(validation)
            self._best.see(self._step, validation)
            self._step += 1
        while len(self._train) > MOST_PER_FRAME:
            self._send(self._frame(self._state))
        self._send(self._frame("done"))
        weights = self._trainer.weights()
        self._trainer.restore(self._best.weights)
        best_fit = self._fit()
        self._trainer.restore(weights)
        return TrainDone(
            self._request, self._step, self._best.step, tuple(weights), tuple(self._best.weights), best_fit,
            self._watch.steps_per_second, self._trainer.device,
        )  # fmt: skip

    @property
    def _diverged(self) -> bool:
        return bool(self._train) and not self._train[-1] < INFINITY


class _StepWatch:
    """Steps per second of wall time, without pauses and without step 0, in which a framework may compile."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._steps = 0
        self._since: tuple[float, int] | None = None

    def start(self, step: int) -> None:
        if self._since is None and step > 0:
            self._since = time.perf_counter(), step

    def pass_by(self, step: int) -> None:
        if self._since is None:
            return
        began, first = self._since
        now = time.perf_counter()
        self._seconds += now - began
        self._steps += step - first
        self._since = now, step

    def stop(self) -> None:
        self._since = None

    @property
    def steps_per_second(self) -> float:
        return self._steps / self._seconds if self._seconds > 0 else 0.0


def _one_at_a_time(send: Send) -> Send:
    """`send` behind a lock: the training thread and the stream's both use it."""
    lock = Lock()

    def locked(event: RunEvent) -> None:
        with lock:
            send(event)

    return locked
