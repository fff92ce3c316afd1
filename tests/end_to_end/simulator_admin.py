"""The simulator's admin port: faults, state and the call log, as tests need them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec
import requests

SECONDS_MAX: Final = 10
Stored = TypeVar("Stored")


class StoredReservation(msgspec.Struct, frozen=True, rename="camel"):
    """What the reservation upstream holds."""

    state: str
    version: int
    room_id: str | None = None


class StoredRoom(msgspec.Struct, frozen=True):
    """What the housekeeping upstream holds."""

    status: str
    occupied: bool


class Call(msgspec.Struct, frozen=True):
    """One call that an upstream received."""

    method: str
    path: str
    status: int | None


class Calls(msgspec.Struct, frozen=True):
    """The call log."""

    items: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class SimulatorAdmin:
    """Asks the admin port of one sandbox."""

    address: str

    def reservation(self, reservation_id: str) -> StoredReservation:
        """Return a reservation as its upstream holds it."""
        return self._state("reservation", reservation_id, StoredReservation)

    def room_is_ready(self, room_id: str | None) -> bool:
        """Tell whether a room could be given out now."""
        if room_id is None:
            return False
        room = self._state("housekeeping", room_id.replace("rmu_", "rom_"), StoredRoom)
        return room.status == "ready" and not room.occupied

    def calls(self, upstream: str, *, method: str, path_end: str) -> list[Call]:
        """Return the calls of that method whose path ends so."""
        answer = requests.get(
            f"{self.address}/calls", params={"upstream": upstream}, timeout=SECONDS_MAX
        )
        found = msgspec.json.decode(answer.content, type=Calls)
        return [c for c in found.items if c.method == method and c.path.endswith(path_end)]

    @contextmanager
    def fault(
        self, upstream: str, kind: str, *, method: str, path: str, times: int, **numbers: int
    ) -> Generator[None]:
        """Let an upstream misbehave while the block runs."""
        answer = requests.post(
            f"{self.address}/faults",
            json={
                "upstream": upstream,
                "match": {"method": method, "path": path},
                "fault": {"kind": kind, **numbers},
                "times": times,
            },
            timeout=SECONDS_MAX,
        )
        assert answer.ok, answer.text
        try:
            yield
        finally:
            identifier = msgspec.json.decode(answer.content, type=dict[str, str])["id"]
            requests.delete(f"{self.address}/faults/{identifier}", timeout=SECONDS_MAX)

    def revoke_session(self, session_id: str) -> None:
        """End a session at iam."""
        answer = requests.post(
            f"{self.address}/iam/sessions/{session_id}/revoke", json={}, timeout=SECONDS_MAX
        )
        assert answer.ok, answer.text

    def _state(self, upstream: str, identifier: str, wanted: type[Stored]) -> Stored:
        answer = requests.get(f"{self.address}/state/{upstream}/{identifier}", timeout=SECONDS_MAX)
        assert answer.status_code == HTTPStatus.OK, answer.text
        return msgspec.json.decode(answer.content, type=wanted)
