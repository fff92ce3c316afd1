"""What is measured: each scenario's requests, signed right before they are sent."""

import secrets
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from benchmarks.desktop import Desktop

BASE_PATH: Final = "/bff/backoffice/v1"
ULID_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MakeRequests = Callable[[str, Sequence[Desktop], int], list[bytes]]


def session_requests(origin: str, desktops: Sequence[Desktop], count: int) -> list[bytes]:
    """`GET /session` of our service."""
    return [
        _request("GET", origin + f"{BASE_PATH}/session", desktops[number % len(desktops)])
        for number in range(count)
    ]


def bare_session_requests(origin: str, desktops: Sequence[Desktop], count: int) -> list[bytes]:
    """`GET /session` of a peer, or of our bare path."""
    return [
        _request("GET", f"{origin}/session", desktops[number % len(desktops)])
        for number in range(count)
    ]


def warm_dashboard_requests(origin: str, desktops: Sequence[Desktop], count: int) -> list[bytes]:
    """Ask for the same operators' dashboards again and again, as one document."""
    return [
        _dashboard(origin + f"{BASE_PATH}/dashboard", desktops[number % len(desktops)])
        for number in range(count)
    ]


class CheckIns:
    """Check-ins of one reservation, each with a key of its own.

    The first is done, the others are refused by the reservation service: each costs both
    commits and the call all the same.
    """

    def __init__(self, reservation_id: str) -> None:
        self._reservation_id = reservation_id

    def requests(self, origin: str, desktops: Sequence[Desktop], count: int) -> list[bytes]:
        """Return that many check-ins."""
        url = origin + f"{BASE_PATH}/reservations/{self._reservation_id}/check-in"
        return [
            _request(
                "POST",
                url,
                desktops[number % len(desktops)],
                fields={"X-Idempotency-Key": _ulid(), "Content-Type": "application/json"},
                body=b'{"documentVerified":true}',
            )
            for number in range(count)
        ]


def _dashboard(url: str, desktop: Desktop) -> bytes:
    return _request("GET", url, desktop)


def _request(
    method: str,
    url: str,
    desktop: Desktop,
    *,
    fields: dict[str, str] | None = None,
    body: bytes = b"",
) -> bytes:
    parts = urlsplit(url)
    lines = {
        "Host": parts.netloc,
        "Accept": "application/json",
        "X-Property-Id": desktop.property_ids[0],
        **desktop.headers(method, url),
        **(fields or {}),
    }
    if body:
        lines["Content-Length"] = str(len(body))
    head = f"{method} {parts.path} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return head.encode() + b"\r\n" + body


def _ulid() -> str:
    return "0" + "".join(secrets.choice(ULID_ALPHABET) for _ in range(25))
