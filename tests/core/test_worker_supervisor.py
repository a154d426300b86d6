"""What the supervisor does by the clock, with the clock in the test's hand, and that it sleeps while nothing runs."""

import os
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from explorer.capture.record import Source
from explorer.training.config import RunConfig
from explorer.worker import memory, supervisor, wire
from explorer.worker.client import Worker
from explorer.worker.events import Silent
from explorer.worker.protocol import Decoder, encode_bytes
from explorer.worker.requests import CaptureRequest, Prepare, TrainControl, TrainRequest
from explorer.worker.start import worker_command, worker_environment
from explorer.worker.supervisor import GRACE_SECONDS, IMPORT_SECONDS, SILENCE_SECONDS, Running, Supervisor

ENVIRONMENT = {"BACKFLOW_TEST_ADAPTER": "tests.core.faulty_adapter:adapter"}


class Outbox:
    def __init__(self):
        self.frames, self.blocked = [], False

    def put(self, *pieces, wait=True):
        self.frames += [wire.decode_event(frame) for frame in Decoder().feed(b"".join(map(bytes, pieces)))]


@pytest.fixture
def watched():
    """A supervisor with a child that was last heard of at second 100, and a list of why it was killed."""
    source, sink = os.pipe()
    one = Supervisor("jax", "JAX", source, sink)
    one._outbox = Outbox()
    killed = []
    child = SimpleNamespace(last_sign=100.0, silent=False, importing=False, kill=killed.append)
    yield one, child, killed
    os.close(source)
    os.close(sink)


def test_silence_is_told_once_and_only_after_five_seconds(watched):
    one, child, _ = watched
    one._running = Running(1, "CaptureRequest")
    for second in range(100, 100 + int(SILENCE_SECONDS)):
        one._look(child, float(second))
    assert one._outbox.frames == []
    for second in (105.1, 105.2, 110.0):
        one._look(child, second)
    assert one._outbox.frames == [Silent(5.1)]


def test_it_tells_when_the_child_answers_again(watched):
    one, child, _ = watched
    child.silent = True
    (frame,) = Decoder().feed(encode_bytes("Heartbeat", 0, [True]))
    one._from_child(child, frame)
    assert one._outbox.frames == [Silent(0.0)]
    assert child.importing
    assert not child.silent


def test_a_slow_client_is_not_taken_for_a_silent_child(watched):
    one, child, _ = watched
    one._outbox.blocked = True
    one._look(child, 200.0)
    assert one._outbox.frames == []


def test_the_kill_comes_two_seconds_after_the_interrupt(watched):
    one, child, killed = watched
    one._running = Running(1, "CaptureRequest", cancelled=100.0, kill_at=100.0 + GRACE_SECONDS)
    one._look(child, 101.9)
    assert killed == []
    one._look(child, 102.1)
    assert killed == ["cancelled"]


def test_an_import_may_finish_first_but_not_for_ever(watched):
    one, child, killed = watched
    one._running = Running(1, "CaptureRequest", cancelled=100.0, kill_at=102.0)
    child.importing = True
    one._look(child, 150.0)
    assert killed == []
    one._look(child, 100.0 + IMPORT_SECONDS + GRACE_SECONDS)
    assert killed == ["cancelled"]


def test_steering_sent_before_its_run_has_begun_is_kept_for_it(watched):
    one, _, _ = watched
    for number, request in ((1, TrainRequest(RunConfig(), paused=True)), (2, TrainControl("resume"))):
        for frame in Decoder().feed(b"".join(map(bytes, wire.encode_request(request, number)))):
            one._from_client(frame)
    (waiting,) = one._pending
    kinds = [frame.peek()[0] for frame in Decoder().feed(waiting.data)]
    assert kinds == ["TrainRequest", "TrainControl"]


def test_the_memory_limit_is_a_share_of_what_there_is_or_what_is_said(monkeypatch):
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    assert 0 < memory.memory_limit() <= 0.75 * psutil.virtual_memory().total
    monkeypatch.setenv(memory.VARIABLE, "1.5")
    assert memory.memory_limit() == 1.5 * 2**30
    monkeypatch.setenv(memory.VARIABLE, "plenty")
    assert memory.memory_limit() <= 0.75 * psutil.virtual_memory().total


def test_an_idle_worker_wakes_nobody():
    with Worker("jax", environment=ENVIRONMENT) as worker:
        worker.ask(Prepare())
        parent = psutil.Process(worker.pid)
        processes = [parent, *parent.children()]
        assert len(processes) == 2
        still = 0
        for _ in range(100):  # until two seconds pass in which no thread was woken
            before = [process.num_ctx_switches().voluntary for process in processes]
            if worker._received.empty():
                psutil.wait_procs(processes, timeout=0.5)
            after = [process.num_ctx_switches().voluntary for process in processes]
            still = still + 1 if before == after else 0
            if still == 4:
                return
        pytest.fail("something keeps waking up")


def test_a_client_that_does_not_read_makes_nothing_grow():
    process = subprocess.Popen(
        worker_command("jax"),
        env=worker_environment(ENVIRONMENT),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    count, megabytes = 20, 8
    for number in range(1, count + 1):
        request = CaptureRequest(Source(f"array {megabytes}", "jax"), ("jaxpr",))
        process.stdin.write(b"".join(map(bytes, wire.encode_request(request, number))))
    supervised = psutil.Process(process.pid)
    size = until_still(supervised)
    assert size < 80 << 20  # all answers together have 160 MB
    decoder, done = Decoder(), 0
    while done < count:
        done += sum(frame.peek()[0] == "Done" for frame in decoder.feed(os.read(process.stdout.fileno(), 1 << 18)))
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def until_still(process):
    """Resident memory of a process once it has grown and then not changed for two seconds."""
    sizes = [process.memory_info().rss]
    while sizes[-1] < sizes[0] + (4 << 20) or len(set(sizes[-10:])) > 1:
        psutil.wait_procs([process], timeout=0.2)
        sizes.append(process.memory_info().rss)
    return sizes[-1]


def test_it_loads_neither_numpy_nor_a_framework():
    code = "import sys, explorer.worker.__main__, explorer.worker.supervisor; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_both_ends_agree_on_the_diagnostic_that_the_supervisor_writes():
    body = supervisor._diagnostic("error", "worker_ended", {"code": 3}, "detail")
    (frame,) = Decoder().feed(encode_bytes("Died", 4, [4, body]))
    died = wire.decode_event(frame)
    assert (died.request, died.diagnostic.code, died.diagnostic.detail) == (4, "worker_ended", "detail")
