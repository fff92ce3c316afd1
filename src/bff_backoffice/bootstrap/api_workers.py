"""Several API processes behind one listening socket, with one metrics page for all of them.

Each worker is a fresh interpreter that inherits the socket. One that dies is reported and
replaced; when this process is told to stop, all of them drain.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from types import FrameType
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import (
    MultiProcessCollector,
    mark_process_dead,  # pyright: ignore[reportUnknownVariableType] - untyped in the library
)

from bff_backoffice.bootstrap.settings import HttpSettings
from bff_backoffice.telemetry.log_events import LogEvents

MULTIPROCESS_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
RESTART_PAUSE_SECONDS: Final = 1.0
WATCH_PAUSE_SECONDS: Final = 0.1
STOP_SECONDS_MAX: Final = 9.0
LISTEN_BACKLOG: Final = 1024
_PROGRAM: Final = "import sys; from bff_backoffice.cli.main import main; sys.exit(main())"


def run_api_workers(http: HttpSettings, log: LogEvents) -> None:
    """Serve with `http_workers` processes until SIGTERM or SIGINT."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, stop)
    with (
        tempfile.TemporaryDirectory(prefix="bff-metrics-") as directory,
        _listening_socket(http) as listening,
    ):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]  # untyped in the library
        metrics_server, _ = start_http_server(
            http.metrics_port, addr=http.http_host, registry=registry
        )
        workers = _Workers(listening.fileno(), directory, log)
        try:
            workers.keep_running(http.http_workers, stopping)
        finally:
            workers.stop(within_seconds=STOP_SECONDS_MAX + http.drain_notice_seconds)
            metrics_server.shutdown()


class _Workers:
    def __init__(self, listen_descriptor: int, metrics_directory: str, log: LogEvents) -> None:
        self._listen_descriptor = listen_descriptor
        self._metrics_directory = metrics_directory
        self._log = log
        self._running: list[subprocess.Popen[bytes]] = []

    def keep_running(self, count: int, stopping: threading.Event) -> None:
        """Start the workers and replace those that die, until it is time to stop."""
        self._running = [self._start() for _ in range(count)]
        while not stopping.wait(WATCH_PAUSE_SECONDS):
            for place, worker in enumerate(self._running):
                code = worker.poll()
                if code is None:
                    continue
                self._log.trouble("api.worker_died", part=str(worker.pid), reason=f"exit {code}")
                _forget_metrics_of(worker.pid, self._metrics_directory)
                if stopping.wait(RESTART_PAUSE_SECONDS):
                    return
                self._running[place] = self._start()

    def stop(self, *, within_seconds: float) -> None:
        """Let all of them drain; end those that do not."""
        for worker in self._running:
            if worker.poll() is None:
                worker.terminate()
        last_moment = time.monotonic() + within_seconds
        for worker in self._running:
            try:
                worker.wait(max(0.0, last_moment - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        descriptor = self._listen_descriptor
        return subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-P", "-c", _PROGRAM, "api", "--listen-descriptor", str(descriptor)],
            env={**os.environ, MULTIPROCESS_DIRECTORY: self._metrics_directory},
            pass_fds=(descriptor,),
        )


def _forget_metrics_of(process: int, directory: str) -> None:
    mark_process_dead(process, path=directory)  # type: ignore[no-untyped-call]  # untyped there


def _listening_socket(http: HttpSettings) -> socket.socket:
    listening = socket.create_server(
        (http.http_host, http.http_port), backlog=LISTEN_BACKLOG, reuse_port=False
    )
    listening.set_inheritable(True)
    return listening
