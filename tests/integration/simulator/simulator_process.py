"""A real simulator process on free ports, and a client that speaks to it as others do."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

SOURCE: Final = Path(__file__).resolve().parents[3] / "src"
START_SECONDS_MAX: Final = 20.0
CALL_SECONDS_MAX: Final = 10.0
BFF_REFRESH_URL: Final = "http://127.0.0.1:8083/bff/backoffice/v1/auth/refresh"
CLIENT_ORIGIN: Final = "http://127.0.0.1:8084"

Json = dict[str, Any]  # allow-any: answers of many upstreams


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body as JSON."""
        found: Json = json.JSONDecoder().decode(self.body.decode())
        return found


@dataclass(kw_only=True)
class SimulatorProcess:
    """One process; `stop` ends it as asked."""

    directory: Path
    ports: tuple[int, int, int]
    identity: str
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def iam_origin(self) -> str:
        """Iam's public origin."""
        return f"http://127.0.0.1:{self.ports[0]}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "upstream_simulator"], env=self.environment
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                if self.admin("GET", "/health").status == 200:
                    return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=10)

    def request(
        self,
        port: int,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        seconds: float = CALL_SECONDS_MAX,
    ) -> Reply:
        """Ask one thing on a fresh connection."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Reply(
                status=response.status,
                headers={name.lower(): value for name, value in response.getheaders()},
                body=response.read(),
            )
        finally:
            connection.close()

    def iam(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """Ask iam."""
        return self._json(self.ports[0], method, path, body, headers or {})

    def form(self, path: str, fields: dict[str, str], headers: dict[str, str]) -> Reply:
        """Post a form to iam."""
        media_type = {"content-type": "application/x-www-form-urlencoded"}
        return self.request(
            self.ports[0],
            "POST",
            path,
            body=urlencode(fields).encode(),
            headers={**media_type, **headers},
        )

    def upstream(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """Ask an upstream with the service's identity; `path` starts with its name."""
        identity = {"authorization": f"Bearer {self.identity}"}
        return self._json(self.ports[1], method, path, body, {**identity, **(headers or {})})

    def admin(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """Ask the admin port."""
        return self._json(self.ports[2], method, path, body, headers or {})

    def tenants(self) -> list[Json]:
        """Who can sign in."""
        found: list[Json] = json.JSONDecoder().decode(
            (self.directory / "state" / "directory.json").read_text("utf-8")
        )
        return found

    def _json(
        self, port: int, method: str, path: str, body: object, headers: dict[str, str]
    ) -> Reply:
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers = {"content-type": "application/json", **headers}
        return self.request(port, method, path, body=content, headers=headers)


def new_simulator(directory: Path) -> SimulatorProcess:
    """Prepare a simulator with a state directory of its own; not started."""
    ports = _free_ports()
    identity = secrets.token_urlsafe(16)
    (directory / "identity").write_text(identity, "utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "SIM_STATE_DIR": str(directory / "state"),
        "SIM_IAM_PORT": str(ports[0]),
        "SIM_UPSTREAMS_PORT": str(ports[1]),
        "SIM_ADMIN_PORT": str(ports[2]),
        "SIM_IAM_ORIGIN": f"http://127.0.0.1:{ports[0]}",
        "SIM_AUDIENCE": "bff-backoffice",
        "SIM_CORS_ORIGINS": CLIENT_ORIGIN,
        "SIM_BFF_REFRESH_URLS": BFF_REFRESH_URL,
        "SIM_SERVICE_IDENTITY_TOKEN_FILE": str(directory / "identity"),
    }
    environment.pop("SIM_BROKER_URL", None)
    return SimulatorProcess(
        directory=directory, ports=ports, identity=identity, environment=environment
    )


def _free_ports() -> tuple[int, int, int]:
    sockets = [socket.socket() for _ in range(3)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    first, second, third = (each.getsockname()[1] for each in sockets)
    for each in sockets:
        each.close()
    return first, second, third
