"""Chooses ports on 127.0.0.1: the usual one, or the next free one, and then keeps it."""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

LOOPBACK: Final = "127.0.0.1"
_PORT_MAX: Final = 65_535
_TRIES_MAX: Final = 500


class NoFreePortError(Exception):
    """No free port near the one wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPorts:
    """The ports of an earlier start, and the base it was given (None: the usual ports)."""

    base: int | None = None
    by_name: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPorts:
    """The port of each name, and the names whose kept port was taken and had to move."""

    by_name: Mapping[str, int]
    moved: tuple[str, ...] = ()


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As servers do it: connections of an earlier run that are still closing don't count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_ports(wanted: Mapping[str, int], kept: Mapping[str, int]) -> ChosenPorts:
    """Give each name its kept port, else the wanted one, else the next free one above.

    Raises NoFreePortError.
    """
    chosen: dict[str, int] = {}
    moved: list[str] = []
    for name, default in wanted.items():
        first = kept.get(name, default)
        reserved = {*chosen.values(), *(set(wanted.values()) - {default})}
        others_kept = {port for other, port in kept.items() if other != name}
        chosen[name] = _first_free(first, taken=reserved | others_kept)
        if name in kept and chosen[name] != first:
            moved.append(name)
    return ChosenPorts(by_name=chosen, moved=tuple(moved))


def read_kept_ports(path: Path) -> KeptPorts:
    """Return what an earlier start kept; nothing where the file is absent or unusable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptPorts)
    except (OSError, msgspec.DecodeError):
        return KeptPorts()


def write_kept_ports(path: Path, kept: KeptPorts) -> None:
    """Remember the ports for the next start."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(kept)) + b"\n")


def _first_free(first: int, *, taken: Iterable[int]) -> int:
    avoided = set(taken)
    for port in range(first, min(first + _TRIES_MAX, _PORT_MAX + 1)):
        if port not in avoided and is_free(port):
            return port
    raise NoFreePortError(f"no free port from {first} upwards")
