"""The run itself: nothing lost, nothing changed by watching it, and everything that steers it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from explorer.training.config import RunConfig, Schedule
from explorer.training.control import Control
from explorer.training.history import MOST_KEPT
from explorer.training.models import initial
from explorer.training.runs import run
from explorer.training.streaming import WINDOW
from explorer.worker.events import DiagnosticEvent, Metrics, TrainDone
from explorer.worker.requests import Acknowledge, TrainControl
from tests.core.training_trainer import NumpyTrainer, ScriptedTrainer

PATIENCE = 20.0  # seconds until a test that waits for another thread gives up


class Client:
    """Receives the events of a run in a thread of its own and can wait for what it has seen."""

    def __init__(self, *, acknowledges: bool = True) -> None:
        self.events: list[object] = []
        self.control = Control()
        self._acknowledges = acknowledges
        self._came = threading.Condition()
        self._thread: threading.Thread | None = None

    def receive(self, event: object) -> None:
        with self._came:
            self.events.append(event)
            self._came.notify_all()
        if self._acknowledges and isinstance(event, Metrics):
            self.control.post(Acknowledge(event.sequence))

    def start(self, trainer: object, config: RunConfig, **options: object) -> None:
        def work() -> None:
            run(trainer, config, initial(config), self.receive, self.control, **options)

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._came:
            assert self._came.wait_for(condition, PATIENCE), "the run did not get there"

    def say(self, operation: str, value: float = 0.0) -> None:
        self.control.post(TrainControl(operation, value))

    def finish(self) -> TrainDone:
        self.wait(lambda: bool(self.events) and isinstance(self.events[-1], TrainDone))
        self._thread.join(PATIENCE)
        return self.events[-1]

    @property
    def metrics(self) -> list[Metrics]:
        return [event for event in self.events if isinstance(event, Metrics)]

    def curve(self, name: str) -> np.ndarray:
        return np.concatenate([getattr(event, name) for event in self.metrics])

    @property
    def last_step(self) -> int:
        steps = self.curve("steps") if self.metrics else np.empty(0)
        return int(steps[-1]) if steps.size else -1


def complete(frames_per_second: float, *, steps: int = 1500, acknowledges: bool = True) -> Client:
    client, config = Client(acknowledges=acknowledges), RunConfig(steps=steps)
    client.start(NumpyTrainer(config, initial(config)), config, frames_per_second=frames_per_second)
    client.finish()
    return client


def test_watching_changes_no_bit_of_the_curves() -> None:
    unwatched = complete(0.0)
    for frames_per_second in (1.0, 20.0, 1e6):
        watched = complete(frames_per_second)
        for name in ("steps", "train", "validation"):
            assert np.array_equal(watched.curve(name), unwatched.curve(name))
    assert np.array_equal(unwatched.curve("steps"), np.arange(1500))


def test_a_client_that_never_acknowledges_loses_nothing_and_holds_up_nobody() -> None:
    client = complete(1e6, acknowledges=False)
    assert np.array_equal(client.curve("steps"), np.arange(1500))
    while_running = [event for event in client.metrics if event.state == "running"]
    assert len(while_running) <= WINDOW
    assert [event.sequence for event in client.metrics] == list(range(1, len(client.metrics) + 1))


def test_frames_come_again_once_the_client_acknowledges() -> None:
    client, config = Client(acknowledges=False), RunConfig(steps=10**7)
    client.start(NumpyTrainer(config, initial(config)), config, frames_per_second=1e6)
    client.wait(lambda: len(client.metrics) == WINDOW)
    client.control.post(Acknowledge(WINDOW))
    client.wait(lambda: len(client.metrics) > WINDOW)
    client.say("stop")
    client.finish()
    assert np.array_equal(client.curve("steps"), np.arange(len(client.curve("steps"))))


def test_frames_keep_their_distance() -> None:
    client, config = Client(), RunConfig(steps=10**7)
    began = time.perf_counter()
    client.start(NumpyTrainer(config, initial(config)), config, frames_per_second=25.0)
    client.wait(lambda: len(client.metrics) >= 5)
    client.say("stop")
    client.finish()
    running = [event for event in client.metrics if event.state == "running"]
    assert (len(running) - 1) / 25.0 <= time.perf_counter() - began


def test_the_last_step_is_evaluated_and_not_followed_by_an_update() -> None:
    client, config, trainer = Client(), RunConfig(steps=6), ScriptedTrainer([5.0, 4.0, 3.0, 4.0, 5.0, 6.0])
    client.start(trainer, config)
    done = client.finish()
    assert trainer.updates == 5
    assert done.steps == 6
    assert client.curve("validation").tolist() == [5.0, 4.0, 3.0, 4.0, 5.0, 6.0]
    assert done.weights[0] == 5.0


def test_a_run_of_one_step_only_evaluates() -> None:
    client, config, trainer = Client(), RunConfig(steps=1), ScriptedTrainer([2.0])
    client.start(trainer, config)
    done = client.finish()
    assert (done.steps, trainer.updates, client.last_step) == (1, 0, 0)


def test_the_state_goes_from_running_to_done() -> None:
    client = complete(1e6)
    assert [event.state for event in client.metrics][-1] == "done"
    assert {event.state for event in client.metrics[:-1]} <= {"running"}
    assert client.metrics[0].fit.shape == (161, 2)
    assert client.metrics[0].device == "cpu"


def test_the_best_weights_are_those_of_the_least_validation_loss() -> None:
    restless = np.abs(np.random.default_rng(0).standard_normal(400)) + 0.5
    for validation in ([9.0, 7.0, 8.0, 8.5, 20.0, 20.1], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0], restless.tolist()):
        client, config = Client(), RunConfig(steps=len(validation))
        client.start(ScriptedTrainer(validation), config)
        done = client.finish()
        assert done.best_step == int(np.argmin(validation))
        assert done.best_weights[0] == done.best_step
        assert (done.best_fit[:, 1] == done.best_step).all()


def test_weights_are_not_copied_at_every_step_of_an_overfit_run() -> None:
    client, trainer = Client(), ScriptedTrainer([10.0, 5.0, *np.linspace(8.0, 8.1, 998).tolist()])
    client.start(trainer, RunConfig(steps=1000))
    client.finish()
    assert trainer.copies < 20 + MOST_KEPT  # those of the history are planned, whatever the losses do


def test_pause_holds_the_run_and_resume_lets_it_go_on() -> None:
    client, config = Client(), RunConfig(steps=10**7)
    trainer = NumpyTrainer(config, initial(config))
    client.start(trainer, config)
    client.wait(lambda: client.last_step > 0)
    client.say("pause")
    client.wait(lambda: client.metrics[-1].state == "paused" and not client.control.attention)
    held = client.last_step
    weights = trainer.weights()
    time.sleep(0.1)
    assert client.last_step == held
    assert all(np.array_equal(old, new) for old, new in zip(weights, trainer.weights(), strict=True))
    client.say("resume")
    client.wait(lambda: client.last_step > held)
    client.say("stop")
    done = client.finish()
    assert client.metrics[-1].state == "done"
    assert done.steps == client.last_step + 1


def test_a_paused_run_uses_no_processor_time() -> None:
    client, config = Client(), RunConfig(steps=10**7)
    client.start(NumpyTrainer(config, initial(config)), config, paused=True)
    client.wait(lambda: len(client.metrics) == 1)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.1
    assert len(client.metrics) == 1
    client.say("stop")
    client.finish()


def test_single_steps_are_single() -> None:
    client, config = Client(), RunConfig(steps=100)
    trainer = ScriptedTrainer([1.0] * 100)
    client.start(trainer, config, paused=True)
    for count in (1, 2, 3):
        client.say("step")
        client.wait(lambda count=count: client.last_step == count - 1)
        assert trainer.updates == count
        assert client.metrics[-1].state == "paused"
    client.say("stop")
    assert client.finish().steps == 4  # the weights after three updates are evaluated too


def test_a_step_is_ignored_while_the_run_goes_on() -> None:
    posted = Client()
    trainer = ScriptedTrainer([1.0] * 10, before_step=lambda step: posted.say("step") if step == 3 else None)
    posted.start(trainer, RunConfig(steps=10))
    assert posted.finish().steps == 10
    assert trainer.updates == 9


def test_stepping_to_the_end_of_a_paused_run_ends_it() -> None:
    client = Client()
    client.start(ScriptedTrainer([1.0] * 3), RunConfig(steps=3), paused=True)
    client.say("step")
    client.say("step")
    assert client.finish().steps == 3


def test_stop_ends_the_run_with_all_it_has() -> None:
    client, config = Client(), RunConfig(steps=10**7)
    client.start(NumpyTrainer(config, initial(config)), config)
    client.wait(lambda: client.last_step > 10)
    client.say("stop")
    done = client.finish()
    assert np.array_equal(client.curve("steps"), np.arange(done.steps))
    assert done.steps < 10**7


def test_the_schedule_changes_the_rate_at_its_step() -> None:
    rates: dict[int, float] = {}
    config = RunConfig(steps=8, schedule=Schedule(0.5, 0.25, since=4))
    trainer = ScriptedTrainer([1.0] * 8, before_step=lambda step: rates.__setitem__(step, trainer.rates[-1]))
    client = Client()
    client.start(trainer, config)
    client.finish()
    assert [rates[step] for step in range(7)] == [0.5] * 4 + [0.25] * 3


def test_the_users_rate_holds_from_then_on_and_the_schedule_no_longer() -> None:
    rates: dict[int, float] = {}
    client, config = Client(), RunConfig(steps=10, schedule=Schedule(0.5, 0.25, since=6))

    def before(step: int) -> None:
        rates[step] = trainer.rates[-1]
        if step == 2:
            client.say("rate", 0.125)

    trainer = ScriptedTrainer([1.0] * 10, before_step=before)
    client.start(trainer, config)
    client.finish()
    assert [rates[step] for step in range(9)] == [0.5] * 3 + [0.125] * 6
    assert client.metrics[-1].rate == 0.125


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.1])
def test_a_rate_that_is_none_is_refused_aloud_and_the_run_goes_on(rate: float) -> None:
    client = Client()
    client.start(ScriptedTrainer([1.0] * 5), RunConfig(steps=5, schedule=Schedule(0.5, 0.5)), paused=True)
    client.say("rate", rate)
    client.say("resume")
    client.finish()
    (refusal,) = [event.diagnostic for event in client.events if isinstance(event, DiagnosticEvent)]
    assert refusal.code == "training_rate"
    assert client.metrics[-1].rate == 0.5


def test_a_rate_of_zero_holds_the_losses_still() -> None:
    client, config = Client(), RunConfig(steps=50)
    client.start(NumpyTrainer(config, initial(config)), config, paused=True)
    client.say("rate", 0.0)
    client.say("resume")
    client.finish()
    assert np.ptp(client.curve("train")) == 0.0


def test_a_training_loss_that_is_not_finite_ends_the_run() -> None:
    class Blown(ScriptedTrainer):
        def losses(self) -> tuple[float, float]:
            return (float("nan") if self.updates >= 3 else 1.0), 1.0

    client = Client()
    client.start(Blown([1.0]), RunConfig(steps=100))
    done = client.finish()
    assert done.steps == 4
    assert np.isnan(client.curve("train")[-1])


def test_what_a_client_cannot_take_ends_the_run_with_its_error() -> None:
    def send(event: object) -> None:
        raise BrokenPipeError

    config = RunConfig(steps=10**7)
    with pytest.raises(BrokenPipeError):
        run(NumpyTrainer(config, initial(config)), config, initial(config), send, Control())
    assert not [thread for thread in threading.enumerate() if thread.name == "training stream"]


def test_an_interrupt_leaves_no_thread_behind() -> None:
    def interrupt(step: int) -> None:
        if step == 5:
            raise KeyboardInterrupt

    config = RunConfig(steps=100)
    trainer = ScriptedTrainer([1.0] * 100, before_step=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(trainer, config, initial(config), lambda event: None, Control())
    assert not [thread for thread in threading.enumerate() if thread.name == "training stream"]
