"""The child process of a supervisor: start, interrupt, kill, and how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Any, Literal

from explorer.worker.memory import GIB, memory_limit
from explorer.worker.output import OutputPump, Say
from explorer.worker.pipes import Writer, widen
from explorer.worker.start import worker_command

Ending = Literal["", "cancelled", "memory", "faulty", "closing"]

TRACE_BYTES = 1 << 16
END_SECONDS = 2.0  # for a dead process to be reaped and its output to be read


class Child:
    """One process that runs the host. `ending` says why the supervisor killed it, if it did."""

    def __init__(self, key: str, say: Say) -> None:
        self._trace, trace = _trace_pipe()
        options = ["--trace", str(trace)] if trace is not None else []
        self.process = subprocess.Popen(
            worker_command(key, "--child", *options),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            pass_fds=[trace] if trace is not None else [],
            **_own_group(),
        )  # fmt: skip
        if trace is not None:
            os.close(trace)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.source = self.process.stdout.fileno()
        widen(self.source)
        widen(self.process.stdin.fileno())
        self.writer = Writer(self.process.stdin.fileno())
        self.output = OutputPump(self.process.stderr.fileno(), say)
        self.ending: Ending = ""
        self.greeted = False
        self.importing = False
        self.silent = False
        self.last_sign = time.monotonic()

    def interrupt(self) -> None:
        """What Ctrl-C does; the host turns it into KeyboardInterrupt while a request runs."""
        with contextlib.suppress(OSError, ValueError):
            if sys.platform == "win32":
                self.process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                self.process.send_signal(signal.SIGINT)

    def kill(self, why: Ending) -> None:
        """End it now, with every process it started."""
        self.ending = self.ending or why
        if self.process.returncode is None:
            with contextlib.suppress(OSError):
                if sys.platform != "win32":
                    os.killpg(self.process.pid, signal.SIGKILL)
                else:
                    self.process.kill()

    def bury(self) -> tuple[str, dict[str, Any], str]:
        """Wait for the end and release all. Returns message code, params, and a crash's trace or the last words."""
        self.kill("")  # it has closed its end of the protocol; processes it started may live on
        self.process.wait()
        self.writer.close()
        self.output.finish(END_SECONDS)
        trace = self._read_trace()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        code, params = self._reason()
        return code, params, trace or self.output.tail

    def _reason(self) -> tuple[str, dict[str, Any]]:
        code = self.process.returncode
        match self.ending:
            case "cancelled":
                return "worker_stopped", {}
            case "memory":
                return "worker_out_of_memory", {"limit": round(memory_limit() / GIB, 1)}
            case "faulty":
                return "worker_bad_frame", {}
        if not self.greeted:
            return "worker_cannot_start", {}
        if code == -9:  # SIGKILL, and not from here
            return "worker_killed", {}
        if code < 0:
            return "worker_crashed", {"signal": signal.Signals(-code).name}
        return "worker_ended", {"code": code}

    def _read_trace(self) -> str:
        if self._trace is None:
            return ""
        os.set_blocking(self._trace, False)
        with contextlib.suppress(BlockingIOError), os.fdopen(self._trace, "rb") as trace:
            return (trace.read(TRACE_BYTES) or b"").decode("utf-8", "replace")
        return ""


def _trace_pipe() -> tuple[int | None, int | None]:
    """A pipe for faulthandler, so that a crash's trace stands apart from what the program prints."""
    if sys.platform == "win32":
        return None, None
    return os.pipe()


def _own_group() -> dict[str, Any]:
    """Ctrl-C in a terminal goes to the whole foreground group; the child is not to hear it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}
