"""Builds the simulator: state, seed, upstreams, faults, the three applications."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from upstream_simulator.admin import Admin, AdminServer
from upstream_simulator.call_log import CallLog
from upstream_simulator.clock import Clock
from upstream_simulator.events import EventOutbox
from upstream_simulator.exchange import World
from upstream_simulator.faults import FaultBook
from upstream_simulator.iam.service import iam_upstream
from upstream_simulator.iam.sessions import Sessions
from upstream_simulator.iam.signing_keys import SigningKeys
from upstream_simulator.seed.plant import directory_document, plant_once
from upstream_simulator.server import SimulatedServer
from upstream_simulator.settings import Settings
from upstream_simulator.state import State
from upstream_simulator.upstream import Receptionist
from upstream_simulator.upstreams.catalogue import all_upstreams

DATABASE = "simulator.sqlite3"
DIRECTORY = "directory.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """What is served on each port."""

    world: World
    iam: ASGIApp
    upstreams: ASGIApp
    admin: ASGIApp


def build_simulator(
    settings: Settings, *, clock: Clock, random: Random, on_commit: Callable[[], None]
) -> Simulator:
    """Open the state directory (seeding an empty one) and build what is served.

    `on_commit` is called after each transaction that may owe events.
    """
    os.umask(0o077)
    settings.state_directory.mkdir(parents=True, exist_ok=True)
    state = State(settings.state_directory / DATABASE)
    plant_once(state, clock)
    _write_directory(state, settings.state_directory)
    world = World(
        settings=settings, state=state, clock=clock, events=EventOutbox(state), random=random
    )
    keys = SigningKeys(state)
    sessions = Sessions(keys)
    receptionist = Receptionist((iam_upstream(keys, sessions), *all_upstreams(sessions)))
    faults = FaultBook(state, random)
    call_log = CallLog(state=state)
    admin = Admin(
        world=world,
        call_log=call_log,
        faults=faults,
        sessions=sessions,
        upstreams=receptionist.names,
        on_commit=on_commit,
    )

    def served(address: Callable[[str], tuple[str, str] | None]) -> SimulatedServer:
        return SimulatedServer(
            world=world,
            receptionist=receptionist,
            call_log=call_log,
            faults=faults,
            address=address,
            on_commit=on_commit,
        )

    hosts = frozenset(f"{name}:{settings.admin_port}" for name in ("127.0.0.1", "localhost"))
    return Simulator(
        world=world,
        iam=_with_cors(served(lambda path: ("iam", path)), settings),
        upstreams=served(_by_first_segment(receptionist.names - {"iam"})),
        admin=AdminServer(admin, hosts=hosts),
    )


def _by_first_segment(names: frozenset[str]) -> Callable[[str], tuple[str, str] | None]:
    def address(path: str) -> tuple[str, str] | None:
        name, slash, rest = path.removeprefix("/").partition("/")
        return (name, slash + rest) if name in names else None

    return address


def _with_cors(application: ASGIApp, settings: Settings) -> ASGIApp:
    """Let the desktop client's pages sign in: the one upstream a browser talks to."""
    return CORSMiddleware(
        application,
        allow_origins=settings.cors_origins,
        allow_methods=("GET", "POST"),
        allow_headers=("DPoP", "Content-Type", "Idempotency-Key", "X-Request-Id"),
        expose_headers=("WWW-Authenticate", "Retry-After", "X-Request-Id"),
        max_age=600,
    )


def _write_directory(state: State, directory: Path) -> None:
    """Write who can sign in; whole or not at all."""
    text = json.dumps(directory_document(state), ensure_ascii=False, indent=2) + "\n"
    unfinished = directory / f"{DIRECTORY}.new"
    unfinished.write_text(text, "utf-8")
    unfinished.chmod(0o600)
    unfinished.replace(directory / DIRECTORY)
