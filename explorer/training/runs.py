"""One training run: drives a Trainer step by step, streams what happens, does what the client says meanwhile."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from explorer.capture.record import Diagnostic
from explorer.training.best import Best
from explorer.training.config import Checkpoint, Fit, Initial, RunConfig
from explorer.training.control import Control
from explorer.training.history import History
from explorer.training.models import initial as start_of
from explorer.training.models import is_rate
from explorer.training.record import RunBuilder, RunRecord
from explorer.training.step_watch import StepWatch
from explorer.training.streaming import Stream
from explorer.training.views import View
from explorer.worker.events import DiagnosticEvent, FitEvent, Metrics, TrainDone
from explorer.worker.requests import Acknowledge, TrainControl

if TYPE_CHECKING:
    from explorer.adapters.base import Adapter, Trainer

INFINITY = float("inf")

RunEvent = Metrics | TrainDone | FitEvent | DiagnosticEvent
Ending = Literal["steps", "stop", "early", "diverged"]
Send = Callable[[RunEvent], None]

PICTURES_PER_SECOND = 10.0  # at most; the eye follows, and a picture costs the training thread more than a curve
NO_CURVE, NO_NUMBERS = np.empty((0, 2)), np.empty(0)
MOST_PER_FRAME = 65_536  # losses in one frame; a client that was away for long gets several


def run(
    trainer: Trainer,
    config: RunConfig,
    initial: Initial | None,
    send: Send,
    control: Control,
    *,
    request: int = 0,
    frames_per_second: float = 10.0,
    paused: bool = False,
    resume: Checkpoint | None = None,
) -> TrainDone:
    """Train to the end of `config.steps`, to `stop` or to an early stop. Sends Metrics while it runs, TrainDone last.

    `initial` is None for a text, which has no points to show. `resume` is where an earlier part ended. `send` is called
    from a thread of its own, one event at a time; an exception it raises ends the run and is raised here. Frames of 0
    per second send all losses at the end. A training loss that is not finite ends the run: nothing can follow from it.
    """
    loop = _Loop(trainer, config, initial, send, control, request, frames_per_second, paused, resume)
    done = loop.run()
    send(done)
    return done


def train_once(
    adapter: Adapter,
    config: RunConfig,
    on_progress: Callable[[Metrics], None] | None = None,
    *,
    resume: RunRecord | None = None,
) -> RunRecord:
    """Train in this process and return the record; `on_progress` sees every Metrics. UsageError as `RunBuilder` has it
    for a record that cannot be resumed.
    """
    start = start_of(config)
    control = Control()
    builder = RunBuilder(config, resume)

    def receive(event: RunEvent) -> None:
        builder.add(event)
        if isinstance(event, Metrics):
            control.post(Acknowledge(event.sequence))
            if on_progress is not None:
                on_progress(event)

    run(adapter.trainer(config, start), config, start, receive, control, resume=builder.resume)
    return builder.record()


class _Loop:
    """The state of one run. `_step` counts epochs made, which is also the step whose losses come next."""

    def __init__(
        self,
        trainer: Trainer,
        config: RunConfig,
        initial: Initial | None,
        send: Send,
        control: Control,
        request: int,
        frames_per_second: float,
        paused: bool,
        resume: Checkpoint | None,
    ) -> None:
        self._trainer, self._config, self._send, self._control = trainer, config, _one_at_a_time(send), control
        self._request = request
        self._state = "paused" if paused else "running"
        self._view = View(config, initial)
        self._width = 4 if initial is not None and initial.classes else 2  # numbers that `Trainer.step` returns
        self._judged = 0 if initial is None else 1  # which of them says how good the weights are
        self._step = resume.epoch if resume else 0
        # What no frame has taken yet, up to `_step`; plain numbers, which the garbage collector never looks at.
        self._kept = array("d")
        self._sequence = 0
        self._rate = config.schedule.at(self._step)
        self._rate_is_theirs = False
        self._last: int | None = None  # the step whose weights the run has ended with
        self._stopped = False
        self._ending: Ending = "steps"
        self._best = Best(trainer, always=bool(config.early_stopping))
        self._history = History(config.steps, trainer.weights(), self._step)
        self._watch = StepWatch(trainer.updates_per_epoch)
        rate = min(frames_per_second, PICTURES_PER_SECOND) if self._view.is_dear else frames_per_second
        self._stream = Stream(self._send, control, frames_per_second=rate)
        if resume:
            trainer.restore(list(resume.best_weights))
            self._best.resume(resume.best_step, resume.best_loss)
            trainer.resume(resume)

    def run(self) -> TrainDone:
        self._trainer.set_learning_rate(self._rate)
        self._look()  # traced and compiled here, not while the clock of a snapshot runs
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
        control, best = self._control, self._best
        advance = self._trainer.step if self._trainer.fused else self._evaluate_and_update
        keep, judged = self._kept.extend, self._judged
        step = self._step
        self._history.see(step, self._trainer)
        limit = min(limit, self._history.next)
        if self._config.early_stopping:
            limit = min(limit, best.step + self._config.early_stopping + 1)
        self._watch.start(step)
        self._stream.refresh()  # and from now on until a frame is taken: every step is news
        while True:
            if best.near:
                best.keep()
            losses = advance()
            keep(losses)
            best.see(step, losses[judged])
            step += 1
            if not losses[0] < INFINITY:
                self._stopped, self._ending = True, "diverged"
                break
            if step >= limit or control.attention:
                break
        self._step = step
        self._watch.pass_by(step)
        self._stop_early()

    def _evaluate_and_update(self) -> tuple[float, ...]:
        """A step whose losses are known before its updates: the weights are held only where they are the best."""
        losses = self._trainer.losses()
        if losses[self._judged] < self._best.loss:
            self._best.keep()
        self._trainer.update()
        return losses

    def _stop_early(self) -> None:
        patience = self._config.early_stopping
        if patience and self._ending == "steps" and self._step - 1 - self._best.step >= patience:
            self._stopped, self._ending = True, "early"

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
                self._stopped, self._ending = True, "stop"
            case "step" if self._state == "paused" and not self._finished:
                self._follow_schedule()
                self._steps_until(self._step + 1)
                self._watch.stop()
            case "rate":
                self._take_rate(message.value)
            case "show":
                self._show_again(round(message.value))
                return  # nothing new has happened
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
        self._best.alert()  # another rate, another pace: keep every step until it is calm again

    def _show(self) -> None:
        began = time.thread_time()
        frame = self._frame(self._state)
        self._stream.offer(frame, cost=time.thread_time() - began)
        if self._kept:
            self._stream.refresh()

    def _show_again(self, step: int) -> None:
        """Answer `show`: the fit at the kept step nearest to `step`, or the present one before any was kept."""
        kept = self._history.kept
        if not kept:
            self._send(FitEvent(self._request, self._look()))
            return
        nearest = self._history.nearest(step)
        self._send(FitEvent(self._request, self._view.look(self._trainer, nearest, kept[nearest])))

    def _frame(self, state: str) -> Metrics:
        """The oldest losses that wait, as many as a frame takes, and the newest fit."""
        first = self._step - len(self._kept) // self._width
        kept = np.array(self._kept[: MOST_PER_FRAME * self._width]).reshape(-1, self._width)
        del self._kept[: MOST_PER_FRAME * self._width]
        train, validation = kept[:, 0], kept[:, 1]
        right, validation_right = (kept[:, 2], kept[:, 3]) if self._width > 2 else (NO_NUMBERS, NO_NUMBERS)
        self._sequence += 1
        view = self._look()
        return Metrics(
            self._request, self._sequence, np.arange(first, first + len(train), dtype=np.int64),
            train, validation, view.curve, self._rate, state, self._trainer.device,
            self._watch.steps_per_second, right, validation_right, replace(view, curve=NO_CURVE),
        )  # fmt: skip

    def _look(self) -> Fit:
        """The fit at the present weights."""
        step = self._step if self._last is None else self._last
        return self._view.look(self._trainer, step)

    def _end(self) -> TrainDone:
        """Evaluate the weights the run ends with, send what no frame has taken yet, and say how it went."""
        self._watch.stop()
        if self._ending in ("steps", "stop"):
            self._evaluate_last()
        checkpoint = None if self._ending == "diverged" else self._checkpoint()
        if self._ending == "early":
            self._trainer.restore(self._best.weights)
        self._last = self._best.step if self._ending == "early" else self._step - 1
        while len(self._kept) > MOST_PER_FRAME * self._width:
            self._send(self._frame(self._state))
        self._send(self._frame("done"))
        kept = sorted(self._history.kept.items())
        history = tuple(self._view.look(self._trainer, step, held) for step, held in kept)
        best = self._view.look(self._trainer, self._best.step, self._best.held)
        weights = tuple(self._trainer.weights())
        return TrainDone(
            self._request, self._step, self._best.step, weights, tuple(self._best.weights), best.curve,
            self._watch.steps_per_second, self._trainer.device, self._trainer.names, self._ending,
            replace(best, curve=NO_CURVE), history, checkpoint,
        )  # fmt: skip

    def _evaluate_last(self) -> None:
        self._best.keep()
        self._history.see(self._step, self._trainer)
        losses = self._trainer.losses()
        self._kept.extend(losses)
        self._best.see(self._step, losses[self._judged])
        self._step += 1

    def _checkpoint(self) -> Checkpoint:
        """Where the run could go on: the weights in the trainer, which are not updated any more."""
        updates, slots = self._trainer.memory()
        epoch = self._step if self._ending == "early" else self._step - 1
        return Checkpoint(
            epoch, updates, tuple(self._trainer.weights()), tuple(slots), self._best.step, self._best.loss,
            tuple(self._best.weights),
        )  # fmt: skip


def _one_at_a_time(send: Send) -> Send:
    """`send` behind a lock: the training thread and the stream's both use it."""
    lock = Lock()

    def locked(event: RunEvent) -> None:
        with lock:
            send(event)

    return locked
