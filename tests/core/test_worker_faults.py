"""Real worker processes and everything that can go wrong in one: a sentence each, and the next capture works."""

import itertools
import os
import subprocess
import sys
import threading
import time

import psutil
import pytest

from explorer.capture.record import Source
from explorer.errors import ExplorerError, ProgramError, UsageError
from explorer.worker.client import Worker
from explorer.worker.events import (
    ColumnEvent,
    DiagnosticEvent,
    Done,
    Failed,
    GradientEvent,
    Loaded,
    Output,
    Ready,
    StageEvent,
)
from explorer.worker.output import MOST_CHARACTERS
from explorer.worker.requests import CaptureRequest, EvaluateRequest, GradientRequest, Prepare, TrainControl

ENVIRONMENT = {"BACKFLOW_TEST_ADAPTER": "tests.core.faulty_adapter:adapter", "BACKFLOW_MEMORY_LIMIT_GB": "0.5"}
WAIT = 60.0  # only for a test that fails


def capture(text, **rest):
    return CaptureRequest(Source(text, "jax", **rest))


@pytest.fixture(scope="module")
def worker():
    with Worker("jax", environment=ENVIRONMENT) as worker:
        yield worker


def works(worker):
    stages = [event.stage.key for event in worker.ask(capture("ok"), timeout=WAIT) if isinstance(event, StageEvent)]
    return stages == ["jaxpr", "gradient"]


def failure(worker, text):
    with pytest.raises(ExplorerError) as caught:
        worker.ask(capture(text), timeout=WAIT)
    assert "Traceback" not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "code", "sentence"),
    [
        ("exit", "program_exited", "The program ended itself with sys.exit(3)."),
        ("input", "input_not_available", "The program asks for keyboard input, which there is none of here."),
        ("bug", "internal_error", "Something went wrong inside Backflow: KeyError: 'nothing here'"),
        ("segfault", "worker_crashed", "The process of JAX crashed (SIGSEGV)."),
        ("abort", "worker_crashed", "The process of JAX crashed (SIGABRT)."),
        ("os_exit", "worker_ended", "The process of JAX ended by itself (exit code 5)."),
        ("forge", "worker_bad_frame", "The process of JAX sent something unreadable, so it was stopped."),
        ("bomb", "worker_out_of_memory",
         "This took more than 0.5 GB of memory, so the process of JAX was stopped."),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_and_the_next_capture_works(worker, fault, code, sentence):
    error = failure(worker, fault)
    assert error.code == code
    assert str(error) == sentence
    assert works(worker)


def test_a_crash_keeps_the_trace_as_detail(worker):
    assert "Segmentation fault" in failure(worker, "segfault").detail
    assert "in load" in failure(worker, "segfault").detail
    assert works(worker)


def test_a_bug_keeps_its_traceback_as_detail(worker):
    assert "KeyError" in failure(worker, "bug").detail


def until_cancelled(worker, text):
    """Start a capture, cancel it once it has begun, and return its last event."""
    number = worker.send(capture(text, entry="announced"))
    for event in incoming(worker):
        if isinstance(event, Output) and "begun" in event.text:
            worker.cancel(number)
        if getattr(event, "request", None) == number:
            return event
    return None


def incoming(worker):
    return worker._incoming(time.monotonic() + WAIT)


@pytest.mark.parametrize("fault", ["loop", "sleep", "regex"])
def test_cancel_interrupts_a_loop_of_python_and_keeps_the_process(worker, fault):
    assert works(worker)
    (child,) = psutil.Process(worker.pid).children()
    last = until_cancelled(worker, fault)
    assert isinstance(last, Failed)
    assert last.diagnostic.code == "cancelled"
    assert works(worker)
    assert child.is_running()


@pytest.mark.parametrize("fault", ["swallow", "native", "hold"])
def test_cancel_kills_what_does_not_listen(worker, fault):
    last = until_cancelled(worker, fault)
    assert last.diagnostic.code == "worker_stopped"
    assert works(worker)


def test_cancel_in_the_middle_of_an_import_waits_for_its_end(worker):
    number = worker.send(capture("import"))
    for event in incoming(worker):
        if isinstance(event, Output) and "importing" in event.text:
            worker.cancel(number)
        if getattr(event, "request", None) == number:
            break
    assert event.diagnostic.code == "cancelled"
    worker.ask(capture("is whole"), timeout=WAIT)


def test_many_cancels_never_hit_the_next_request(worker):
    for _ in range(30):
        number = worker.send(capture("ok"))
        worker.cancel(number)
        assert works(worker)


def test_a_request_that_waits_is_cancelled_without_being_run(worker):
    worker.send(GradientRequest(Source("sleep", "jax")))
    running = next(iter(worker._conversation.in_flight))
    waiting = worker.send(GradientRequest(Source("ok", "jax")))
    worker.cancel(waiting)
    first = next(event for event in incoming(worker) if isinstance(event, Failed))
    assert (first.request, first.diagnostic.code) == (waiting, "cancelled")
    worker.cancel(running)
    assert works(worker)


def test_requests_that_wait_survive_a_crash(worker):
    first = worker.send(GradientRequest(Source("segfault", "jax")))
    second = worker.send(GradientRequest(Source("ok", "jax")))
    ends = []
    for event in incoming(worker):
        if type(event).__name__ in ("Died", "Failed", "Done"):
            ends.append((type(event).__name__, event.request))
        if len(ends) == 2:
            break
    assert ends == [("Died", first), ("Done", second)]


def test_a_timeout_is_a_sentence(worker):
    with pytest.raises(ExplorerError, match=r"No answer within 0\.2 seconds, so this was stopped\."):
        worker.ask(capture("sleep"), timeout=0.2)
    assert works(worker)


def test_100_mb_of_print_is_limited_and_does_not_block(worker):
    events = worker.ask(capture("print"), timeout=WAIT)
    said = [event for event in events if isinstance(event, Output)]
    assert sum(len(event.text) for event in said) < 10_000_000
    assert all(len(event.text) <= MOST_CHARACTERS for event in said)
    assert sum(event.dropped for event in said) > 1_000_000  # how much depends on how fast who reads
    assert isinstance(events[-1], Done)


def test_everything_that_is_printed_arrives_as_output_and_not_in_the_protocol(worker):
    text = ""
    # Output has no request of its own and may come a moment after Done.
    for event in itertools.chain(worker.ask(capture("print_natively"), timeout=WAIT), incoming(worker)):
        text += event.text if isinstance(event, Output) else ""
        if all(line in text for line in ("from print\n", "from the descriptor\n", "from printf\n")):
            return
    pytest.fail(f"only {text[-200:]!r} arrived")


def test_a_mistake_of_the_user_is_a_program_error_with_its_place(worker):
    with pytest.raises(ProgramError) as caught:
        worker.ask(capture("bad load"), timeout=WAIT)
    assert caught.value.span.column == 1


def test_a_failing_stage_gives_the_partial_graph_and_the_others_still_try(worker):
    _, *events = worker.ask(capture("bad first"), timeout=WAIT)
    kinds = [(type(event).__name__, getattr(event, "stage", None) and event.stage.key) for event in events]
    assert kinds[:3] == [("StageEvent", "jaxpr"), ("DiagnosticEvent", None), ("StageEvent", "gradient")]
    assert events[0].stage.graph.name == "partial"
    assert (events[1].diagnostic.stage, events[1].diagnostic.code) == ("jaxpr", "operation_failed")


def test_a_bug_in_one_stage_is_loud_and_leaves_the_other(worker):
    events = worker.ask(capture("bug second"), timeout=WAIT)
    (problem,) = [event.diagnostic for event in events if isinstance(event, DiagnosticEvent)]
    assert (problem.code, problem.stage) == ("internal_error", "gradient")
    assert "RuntimeError" in problem.detail
    assert any(isinstance(event, StageEvent) for event in events)


def test_stages_come_with_their_columns_in_order(worker):
    events = worker.ask(capture("ok"), timeout=WAIT)
    assert (type(events[0]), events[0].device, [each.name for each in events[0].inputs]) == (Loaded, "cpu:0", ["x"])
    found = [event.stage.key if isinstance(event, StageEvent) else event.column.stage for event in events[1:-1]]
    assert found == ["jaxpr", "jaxpr", "jaxpr", "gradient", "gradient"]


def test_stages_can_be_chosen_and_forward_only_leaves_out_the_gradient(worker):
    chosen = worker.ask(CaptureRequest(Source("ok", "jax"), ("gradient",)), timeout=WAIT)
    forward = worker.ask(capture("ok", forward_only=True), timeout=WAIT)
    assert [event.stage.key for event in chosen if isinstance(event, StageEvent)] == ["gradient"]
    assert [event.stage.key for event in forward if isinstance(event, StageEvent)] == ["jaxpr"]
    with pytest.raises(UsageError):
        worker.ask(CaptureRequest(Source("ok", "jax"), ("hlo9",)), timeout=WAIT)


def test_new_values_go_to_the_program_captured_last(worker):
    worker.ask(capture("ok", inputs={"x": "2.0"}), timeout=WAIT)
    events = worker.ask(EvaluateRequest({"x": "5.0"}), timeout=WAIT)
    values = [
        event.column.cells["mul_0"]
        for event in events
        if isinstance(event, ColumnEvent) and event.column.key == "value"
    ]
    assert [float(value) for value in values] == [25.0, 25.0]


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({"q": "1"}, "unknown_input"), ({"x": "[1, 2]"}, "input_changed_type"), ({"x": "?"}, "bad_input")],
)
def test_values_that_do_not_fit_are_refused_with_a_sentence(worker, inputs, code):
    worker.ask(capture("ok"), timeout=WAIT)
    with pytest.raises(UsageError) as caught:
        worker.ask(EvaluateRequest(inputs), timeout=WAIT)
    assert caught.value.code == code
    assert str(caught.value)


def test_new_values_after_a_restart_ask_for_a_capture(worker):
    failure(worker, "segfault")
    with pytest.raises(ExplorerError) as caught:
        worker.ask(EvaluateRequest({}), timeout=WAIT)
    assert caught.value.code == "nothing_captured"


def test_gradients_with_check_and_shares(worker):
    request = GradientRequest(Source("ok", "jax", {"x": "3.0"}), check=True, shares=True)
    (event,) = [event for event in worker.ask(request, timeout=WAIT) if isinstance(event, GradientEvent)]
    assert float(event.gradients["x"]) == 6.0
    assert float(event.differences["x"]) == pytest.approx(6.0, rel=1e-6)
    assert [share[:3] for share in event.shares] == [("x", "mul_0", 0), ("x", "mul_0", 1)]


def test_steering_without_a_run_is_ignored(worker):
    worker.send(TrainControl("pause"))
    assert works(worker)


def test_a_framework_that_is_not_there_says_how_to_get_it():
    with Worker("jax", environment={"BACKFLOW_TEST_ADAPTER": "tests.core.faulty_adapter:absent"}) as worker:
        with pytest.raises(ExplorerError) as caught:
            worker.ask(Prepare(), timeout=WAIT)
        assert caught.value.code == "framework_absent"
        assert caught.value.exit_code == 3


def test_the_worker_tells_its_framework_and_devices(worker):
    (ready,) = worker.ask(Prepare(), timeout=WAIT)
    assert isinstance(ready, Ready)
    assert (ready.version, ready.devices[0].id) == ("0.test", "cpu:0")


def family(pid):
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def test_closing_leaves_no_process_behind_whatever_runs():
    worker = Worker("jax", environment=ENVIRONMENT)
    worker.ask(Prepare(), timeout=WAIT)
    worker.send(capture("child"))
    wait_for(lambda: len(family(worker.pid)) == 3)
    processes = family(worker.pid)
    worker.close()
    wait_for(lambda: all(map(ended, processes)))


@pytest.mark.parametrize("fault", ["loop", "hold", "native"])
def test_a_killed_client_leaves_no_process_behind(fault):
    code = (
        "import sys\n"
        "from explorer.worker.client import Worker\nfrom explorer.worker.requests import *\n"
        "from explorer.capture.record import Source\n"
        "worker = Worker('jax')\nworker.ask(Prepare())\n"
        f"worker.send(CaptureRequest(Source({fault!r}, 'jax')))\n"
        "print(worker.pid, flush=True)\nsys.stdin.read()\n"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **ENVIRONMENT}
    )
    processes = family(int(client.stdout.readline()))
    assert len(processes) == 2
    client.kill()
    client.communicate()
    wait_for(lambda: all(map(ended, processes)))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of the input has to do")
def test_a_killed_supervisor_takes_its_child_along():
    with Worker("jax", environment=ENVIRONMENT) as worker:
        worker.ask(Prepare(), timeout=WAIT)
        worker.send(capture("hold"))
        processes = family(worker.pid)
        processes[0].kill()
        wait_for(lambda: all(map(ended, processes)))


def test_a_killed_supervisor_is_one_sentence_and_the_next_request_starts_another():
    with Worker("jax", environment=ENVIRONMENT) as worker:
        worker.ask(Prepare(), timeout=WAIT)
        threading.Timer(0.2, psutil.Process(worker.pid).kill).start()
        assert str(failure(worker, "sleep")) == "The connection to the process of JAX was lost."
        assert works(worker)


def test_a_child_that_cannot_start_is_one_sentence(tmp_path):
    (tmp_path / "explorer").mkdir()
    environment = {**ENVIRONMENT, "PYTHONPATH": ""}
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("import sys\nif '--child' in sys.orig_argv: raise SystemExit('no luck today')\n")
    with Worker("jax", environment={**environment, "PYTHONPATH": str(tmp_path)}) as worker:
        error = failure(worker, "ok")
        assert error.code == "worker_cannot_start"
        assert "no luck today" in error.detail
        assert failure(worker, "ok").code == "worker_cannot_start"


def test_the_folder_one_stands_in_is_not_searched_for_modules(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise SystemExit('this is somebody else file')\n")
    monkeypatch.chdir(tmp_path)
    with Worker("jax", environment=ENVIRONMENT) as worker:
        assert works(worker)


def ended(process):
    """Gone, or dead and not yet collected by the system's first process."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for(condition):
    """Until the other process has got so far."""
    done = threading.Event()
    for _ in range(600):
        if condition():
            return
        done.wait(0.1)
    raise AssertionError("it never came so far")
