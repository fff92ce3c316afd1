import socket
from pathlib import Path

import pytest

from sandbox.ports import (
    LOOPBACK,
    KeptPorts,
    NoFreePortError,
    choose_ports,
    is_free,
    read_kept_ports,
    write_kept_ports,
)


def listening() -> socket.socket:
    listener = socket.create_server((LOOPBACK, 0))
    listener.listen()
    return listener


def free_port() -> int:
    with listening() as listener:
        return int(listener.getsockname()[1])


def test_a_free_port_is_taken_as_wanted() -> None:
    port = free_port()

    chosen = choose_ports({"api": port}, {})

    assert chosen.by_name == {"api": port}
    assert chosen.moved == ()


def test_a_taken_port_gives_way_to_the_next_free_one() -> None:
    with listening() as listener:
        taken = int(listener.getsockname()[1])

        chosen = choose_ports({"api": taken}, {})

    assert chosen.by_name["api"] > taken
    assert chosen.moved == ()


def test_a_kept_port_wins_over_the_usual_one() -> None:
    usual, kept = free_port(), free_port()

    assert choose_ports({"api": usual}, {"api": kept}).by_name == {"api": kept}


def test_a_kept_port_that_is_taken_moves_and_is_named() -> None:
    with listening() as listener:
        taken = int(listener.getsockname()[1])

        chosen = choose_ports({"api": free_port()}, {"api": taken})

    assert chosen.moved == ("api",)
    assert chosen.by_name["api"] != taken


def test_no_two_names_get_one_port() -> None:
    with listening() as listener:
        taken = int(listener.getsockname()[1])
        wanted = {"a": taken, "b": taken + 1, "c": taken + 2}

        chosen = choose_ports(wanted, {}).by_name

    assert len(set(chosen.values())) == 3


def test_a_port_kept_for_another_name_is_not_given_away() -> None:
    with listening() as listener:
        taken = int(listener.getsockname()[1])

        chosen = choose_ports({"a": taken}, {"b": taken + 1}).by_name

    assert chosen["a"] not in {taken, taken + 1}


def test_no_free_port_is_said() -> None:
    with pytest.raises(NoFreePortError):
        choose_ports({"a": 65_536}, {})


def test_a_listening_port_is_not_free() -> None:
    with listening() as listener:
        assert not is_free(int(listener.getsockname()[1]))


def test_kept_ports_come_back(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    kept = KeptPorts(base=20_000, by_name={"api": 20_000})

    write_kept_ports(path, kept)

    assert read_kept_ports(path) == kept


@pytest.mark.parametrize("content", ["", "[]", '{"by_name": {"api": "80"}}', "{"])
def test_an_unusable_file_keeps_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ports.json"
    path.write_text(content)

    assert read_kept_ports(path) == KeptPorts()
