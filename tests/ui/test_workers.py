"""The window's workers: real processes through QProcess, while the UI thread is watched."""

import importlib.util
import time

import psutil
import pytest
from PySide6.QtCore import QAbstractEventDispatcher, QTimer

from explorer.adapters import framework
from explorer.capture.record import Source
from explorer.training.config import RunConfig
from explorer.worker.events import (
    ColumnEvent,
    Died,
    Done,
    Failed,
    Metrics,
    Output,
    Ready,
    StageEvent,
    TrainDone,
)
from explorer.worker.requests import (
    CaptureRequest,
    EvaluateRequest,
    GradientRequest,
    Prepare,
    TrainControl,
    TrainRequest,
)
from widgets.workers import Worker, Workers

ENVIRONMENT = {"BACKFLOW_TEST_ADAPTER": "tests.core.faulty_adapter:adapter", "BACKFLOW_MEMORY_LIMIT_GB": "0.5"}
WAIT = 60_000  # milliseconds, only for a test that fails
MOST_TURN_SECONDS = 0.050


class Turns:
    """CPU time of this thread in each turn of the event loop, and the ticks of a timer that must not stop."""

    def __init__(self):
        self.seconds, self.ticks = [], 0
        self._last = None
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.awake.connect(self._awake)
        self._timer = QTimer(interval=20)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _awake(self):
        now = time.thread_time()
        if self._last is not None:
            self.seconds.append(now - self._last)
        self._last = now

    def _tick(self):
        self.ticks += 1

    def stop(self):
        self._timer.stop()
        QAbstractEventDispatcher.instance().awake.disconnect(self._awake)


class Log:
    """Everything that Workers says."""

    def __init__(self, workers):
        self.events, self.states = [], []
        workers.event.connect(lambda key, event: self.events.append((key, event)))
        workers.state.connect(lambda key, state: self.states.append((key, state)))

    def of(self, number, *kinds):
        return [
            event for _, event in self.events if getattr(event, "request", 0) == number and isinstance(event, kinds)
        ]

    def ended(self, number):
        return bool(self.of(number, Ready, Done, Failed, Died))


@pytest.fixture
def workers(qtbot):
    workers = Workers(environment=ENVIRONMENT)
    yield workers
    workers.close()


@pytest.fixture
def log(workers):
    return Log(workers)


@pytest.fixture
def real_workers(qtbot):
    workers = Workers()
    yield workers, Log(workers)
    workers.close()


@pytest.fixture
def turns(qtbot):
    turns = Turns()
    yield turns
    turns.stop()
    assert turns.ticks
    assert max(turns.seconds) <= MOST_TURN_SECONDS


def capture(text):
    return CaptureRequest(Source(text, "jax"))


def works(qtbot, workers, log):
    number = workers.send("jax", capture("ok"))
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    return [event.stage.key for event in log.of(number, StageEvent)] == ["jaxpr", "gradient"]


def test_a_worker_starts_with_its_first_request_and_says_how_it_is(qtbot, workers, log, turns):
    assert workers.state_of("jax") == "dead"
    number = workers.send("jax", Prepare())
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    qtbot.waitUntil(lambda: workers.state_of("jax") == "ready", timeout=WAIT)
    assert [state for key, state in log.states if key == "jax"] == ["starting", "busy", "ready"]
    assert log.of(number, Ready)[0].version == "0.test"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("exit", "program_exited"),
        ("input", "input_not_available"),
        ("segfault", "worker_crashed"),
        ("bomb", "worker_out_of_memory"),
        ("forge", "worker_bad_frame"),
    ],
)
def test_a_fault_is_told_and_the_next_capture_works_while_the_window_lives(qtbot, workers, log, turns, fault, code):
    number = workers.send("jax", capture(fault))
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    (last,) = log.of(number, Failed, Died)
    assert last.diagnostic.code == code
    assert works(qtbot, workers, log)


@pytest.mark.parametrize(
    ("fault", "code"), [("loop", "cancelled"), ("native", "worker_stopped"), ("hold", "worker_stopped")]
)
def test_an_endless_loop_is_cancelled_while_the_window_lives(qtbot, workers, log, turns, fault, code):
    number = workers.send("jax", CaptureRequest(Source(fault, "jax", entry="announced")))
    qtbot.waitUntil(lambda: any(isinstance(event, Output) for _, event in log.events), timeout=WAIT)
    workers.cancel("jax", number)
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    assert log.of(number, Failed, Died)[0].diagnostic.code == code
    assert works(qtbot, workers, log)


def test_a_newer_capture_replaces_one_that_loops(qtbot, workers, log, turns):
    old = workers.send("jax", capture("loop"))
    assert works(qtbot, workers, log)
    assert not log.of(old, Failed, Done)


def test_100_mb_of_print_do_not_block_the_window(qtbot, workers, log, turns):
    number = workers.send("jax", capture("print"))
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    text = sum(len(event.text) for _, event in log.events if isinstance(event, Output))
    assert 0 < text < 10_000_000


def test_a_graph_of_41128_nodes_does_not_block_the_window(qtbot, workers, log, turns):
    number = workers.send("jax", capture("ok 41127"))
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    assert [len(event.stage.graph.nodes) for event in log.of(number, StageEvent)] == [41128, 41128]


def test_a_burst_of_frames_is_spread_over_turns(qtbot, workers, log, turns):
    workers.send("jax", capture("ok"))
    numbers = [workers.send("jax", GradientRequest(Source("ok", "jax"))) for _ in range(300)]
    qtbot.waitUntil(lambda: log.ended(numbers[-1]), timeout=WAIT)
    assert all(log.ended(number) for number in numbers)


def test_new_values_wait_for_the_ones_that_run_and_only_the_newest_are_shown(qtbot, workers, log, turns):
    capture_number = workers.send("jax", capture("slow evaluate"))
    qtbot.waitUntil(lambda: log.ended(capture_number), timeout=WAIT)
    numbers = [workers.send("jax", EvaluateRequest({"x": f"{k}.0"})) for k in range(5)]
    qtbot.waitUntil(lambda: log.ended(numbers[-1]), timeout=WAIT)
    assert [log.ended(number) for number in numbers] == [True, False, False, False, True]
    last = log.of(numbers[-1], ColumnEvent)[0].column
    assert float(last.cells["x"]) == 4.0


def test_stopping_ends_every_process(qtbot, workers, log):
    workers.send("jax", capture("hold"))
    workers.send("layout", Prepare())
    qtbot.waitUntil(lambda: workers.state_of("jax") == "busy", timeout=WAIT)
    pids = [worker._process.processId() for worker in workers._workers.values()]
    processes = [process for pid in pids for process in (psutil.Process(pid), *psutil.Process(pid).children())]
    workers.close()
    qtbot.waitUntil(lambda: all(map(gone, processes)), timeout=WAIT)


def test_a_lost_supervisor_is_told_and_the_next_request_starts_another(qtbot, workers, log, turns):
    number = workers.send("jax", capture("sleep"))
    qtbot.waitUntil(lambda: workers.state_of("jax") == "busy", timeout=WAIT)
    psutil.Process(workers._workers["jax"]._process.processId()).kill()
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    assert log.of(number, Failed)[0].diagnostic.code == "worker_lost"
    assert workers.state_of("jax") == "dead"
    assert works(qtbot, workers, log)


def test_a_program_that_cannot_be_started_is_told(qtbot, monkeypatch):
    monkeypatch.setattr("widgets.workers.worker_command", lambda key: ["/no/such/python", "-m", "explorer.worker"])
    worker = Worker("jax")
    events = []
    worker.event.connect(events.append)
    number = worker.send(Prepare())
    qtbot.waitUntil(lambda: bool(events), timeout=WAIT)
    assert (events[0].request, events[0].diagnostic.code) == (number, "worker_cannot_start")


def test_slots_may_stop_the_workers(qtbot, workers, log):
    workers.event.connect(lambda key, event: workers.close())
    workers.send("jax", Prepare())
    qtbot.waitUntil(lambda: bool(log.events), timeout=WAIT)
    assert workers.state_of("jax") == "dead"


@pytest.mark.real_worker
@pytest.mark.parametrize("key", ["pytorch", "tensorflow", "jax"])
def test_the_window_lives_while_a_worker_imports_a_framework(qtbot, real_workers, turns, key):
    if importlib.util.find_spec(framework(key).package) is None:
        pytest.skip(f"{key} is not installed")
    workers, log = real_workers
    number = workers.send(key, Prepare())
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    assert log.of(number, Ready)
    assert turns.ticks > 3


@pytest.mark.real_worker
def test_a_paused_run_does_not_hold_up_the_next_capture(qtbot, real_workers, turns):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    workers, log = real_workers
    run = workers.send("jax", TrainRequest(RunConfig(framework="jax", steps=501), paused=True))
    number = workers.send("jax", CaptureRequest(Source("a*b", "jax")))
    qtbot.waitUntil(lambda: log.ended(number), timeout=WAIT)
    assert not log.ended(run)
    workers.send("jax", TrainControl("resume"))
    qtbot.waitUntil(lambda: log.ended(run), timeout=WAIT)
    assert log.of(run, TrainDone)
    assert sum(len(event.steps) for event in log.of(run, Metrics)) == 501
    assert ("jax/training", "busy") in log.states


def gone(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
