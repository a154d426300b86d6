"""The window's end of the worker processes: requests out, events in, the UI thread never waits.

The panels see `Workers` only:

    workers = Workers(parent)
    workers.event.connect(lambda framework, event: ...)     # explorer.worker.events
    workers.state.connect(lambda key, state: ...)           # starting, ready, busy, silent, dead
    number = workers.send("jax", CaptureRequest(source))    # "pytorch", "tensorflow", "jax" or "layout"
    workers.cancel("jax", number)

What came in is decoded in short slices from a zero timer, so a burst of frames or a graph of 40,000 nodes is spread
over event-loop turns. Answers to a request that a newer one replaced never arrive. Metrics are acknowledged by
themselves, once every slot connected to `event` has returned.
"""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Iterator, Mapping

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from explorer.worker.conversation import Conversation
from explorer.worker.events import Event
from explorer.worker.protocol import BadFrame
from explorer.worker.requests import Acknowledge, Request, TrainControl, TrainRequest
from explorer.worker.start import worker_command, worker_environment, worker_title

TURN_SECONDS = 0.006  # of decoding and of the slots behind `event`, per worker and event-loop turn
READ_BYTES = 1 << 18  # taken from the process at a time
STOP_MILLISECONDS = 2000  # a supervisor ends within milliseconds of its input closing; this is for a broken one
TRAINING = "/training"  # a run has a process of its own: a paused one must not hold up the next capture


class Worker(QObject):
    """One worker process. Starts again by itself at the next `send` after it was lost."""

    event = Signal(object)
    state_changed = Signal(str)

    def __init__(
        self,
        key: str,
        parent: QObject | None = None,
        *,
        ids: Iterator[int] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self.key = key
        self.state: str = "dead"
        self._title = worker_title(key)
        self._environment = environment
        self._conversation = Conversation(ids)
        self._decoding: Iterator[Event | None] = iter(())
        self._process: QProcess | None = None
        self._stopping: QProcess | None = None
        self._turns = QTimer(self, singleShot=True, interval=0)
        self._turns.timeout.connect(self._turn)

    def start(self) -> None:
        """Start the process; does nothing when it runs. Returns at once."""
        if self._process is not None:
            return
        process = QProcess(self)
        process.setProcessEnvironment(_qt_environment(worker_environment(self._environment)))
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        process.readyReadStandardOutput.connect(self._turns.start)
        process.finished.connect(lambda: self._ended(process))
        process.errorOccurred.connect(lambda error: self._failed(process, error))
        self._process = process
        self._conversation.begin()
        program, *arguments = worker_command(self.key)
        process.start(program, arguments)
        self._flush()

    def send(self, request: Request) -> int:
        """Send a request and return its number, the `request` of every event that answers it."""
        self.start()
        number = self._conversation.send(request)
        self._flush()
        return number

    def cancel(self, request: int) -> None:
        """Interrupt a request; its last event is Failed, or Died when it had to be killed after two seconds."""
        self._conversation.cancel(request)
        self._flush()
        if self._process is not None:
            self._turns.start()

    def stop(self) -> None:
        """Close the process's input: it kills what runs and ends. What was in flight gets no more events."""
        process, self._process = self._process, None
        self._turns.stop()
        self._conversation.lost()
        if process is not None:
            process.closeWriteChannel()
            self._stopping = process
        self._show_state()

    def wait_stopped(self) -> None:
        """After `stop`: wait until the process is gone, kill it if it will not go. Only for the end of the program."""
        process, self._stopping = self._stopping, None
        if process is None or process.state() == QProcess.ProcessState.NotRunning:
            return
        if not process.waitForFinished(STOP_MILLISECONDS):
            process.kill()
            process.waitForFinished(STOP_MILLISECONDS)

    def _turn(self) -> None:
        """One slice of work; the timer starts again while there is more."""
        end = time.perf_counter() + TURN_SECONDS
        process = self._process
        try:
            while self._process is process is not None and time.perf_counter() < end:
                step = next(self._decoding, False)
                if step is False:
                    data = process.read(READ_BYTES).data()
                    if not data:
                        self._flush()
                        return
                    self._conversation.feed(data)
                    self._decoding = self._conversation.decode()
                elif step is not None:
                    self.event.emit(step)
        except BadFrame:
            process.kill()
            self._lost("worker_bad_frame")
            return
        if self._conversation.reading_much:
            # A full collection of garbage would walk over every node, 50 ms and more. Nodes have no cycles: they are
            # freed without it. What this strands is garbage in cycles that is older than the last full collection.
            gc.freeze()
        self._flush()
        self._turns.start()

    def _flush(self) -> None:
        process = self._process
        for chunk in self._conversation.outgoing():
            if process is not None:
                process.write(bytes(chunk))
        self._show_state()

    def _ended(self, process: QProcess) -> None:
        if process is self._process:
            while self._process is process and process.bytesAvailable():
                self._turn()  # what it said before it ended
            if self._process is process:
                self._lost("worker_lost")

    def _failed(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if process is self._process and error == QProcess.ProcessError.FailedToStart:
            self._lost("worker_cannot_start")

    def _lost(self, code: str) -> None:
        process, self._process = self._process, None
        self._turns.stop()
        self._decoding = iter(())
        events = self._conversation.lost(code, framework=self._title)
        if process is not None:
            process.deleteLater()
        self._show_state()
        for event in events:
            self.event.emit(event)

    def _show_state(self) -> None:
        if self._conversation.state != self.state:
            self.state = self._conversation.state
            self.state_changed.emit(self.state)


class Workers(QObject):
    """One worker per framework, one for layout, one more per framework that trains; each starts when first needed.

    `event(framework, event)` gives every event, of training too, under the framework's key. `state(key, state)` gives
    the state of a process; a training process has the key `<framework>/training`.
    """

    event = Signal(str, object)
    state = Signal(str, str)

    def __init__(self, parent: QObject | None = None, *, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(parent)
        self._environment = environment
        self._ids = itertools.count(1)
        self._workers: dict[str, Worker] = {}

    def start(self, framework: str) -> None:
        """Start a worker ahead of its first request. Call it once the window shows."""
        self._worker(framework).start()

    def send(self, framework: str, request: Request) -> int:
        """Send `request` to a framework's worker or to "layout"; the number comes back in `event.request`."""
        training = isinstance(request, TrainRequest | TrainControl | Acknowledge)
        return self._worker(framework + TRAINING if training else framework).send(request)

    def cancel(self, framework: str, request: int) -> None:
        """Interrupt a request, wherever it runs; a number that is not in flight is ignored."""
        for key in (framework, framework + TRAINING):
            if key in self._workers:
                self._workers[key].cancel(request)

    def state_of(self, key: str) -> str:
        """The state last given by `state`; "dead" for a worker that was never started."""
        return self._workers[key].state if key in self._workers else "dead"

    def close(self) -> None:
        """End every process, and wait for their ends (milliseconds, as a rule). For the end of the program."""
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.wait_stopped()
            worker.deleteLater()
        self._workers.clear()

    def _worker(self, key: str) -> Worker:
        if key not in self._workers:
            framework = key.removesuffix(TRAINING)
            worker = Worker(framework, self, ids=self._ids, environment=self._environment)
            worker.event.connect(lambda event: self.event.emit(framework, event))
            worker.state_changed.connect(lambda state: self.state.emit(key, state))
            self._workers[key] = worker
        return self._workers[key]


def _qt_environment(variables: Mapping[str, str]) -> QProcessEnvironment:
    environment = QProcessEnvironment()
    for name, value in variables.items():
        environment.insert(name, value)
    return environment
