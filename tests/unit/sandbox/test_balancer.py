import asyncio
import re
import stat
import subprocess
from pathlib import Path
from typing import Final, cast

import msgspec
import pytest

from sandbox.balancer import balancer_part, envoy_settings
from sandbox.part import Part

PORTS: Final = (20_001, 20_002)


class Address(msgspec.Struct, frozen=True):
    address: str
    port_value: int


def every_address(document: object) -> list[Address]:
    """Return each socket address that stands anywhere in the settings."""
    if isinstance(document, dict):
        members = cast("dict[str, object]", document)
        socket_address = members.get("socket_address")
        own = [] if socket_address is None else [msgspec.convert(socket_address, Address)]
        return own + [found for value in members.values() for found in every_address(value)]
    if isinstance(document, list):
        items = cast("list[object]", document)
        return [found for value in items for found in every_address(value)]
    return []


async def write_settings(part: Part) -> None:
    await part.before_start()


def text_of_settings() -> str:
    return msgspec.json.encode(envoy_settings(20_000, PORTS)).decode()


def test_it_listens_on_the_loopback_address_alone_and_without_an_administration_port() -> None:
    settings = envoy_settings(20_000, PORTS)

    assert "admin" not in settings
    assert every_address(settings) == [Address("127.0.0.1", port) for port in (20_000, *PORTS)]


def test_it_sends_again_only_what_was_never_sent() -> None:
    assert re.findall(r'"retry_on":"([^"]*)"', text_of_settings()) == ["connect-failure"]


def test_an_answer_of_the_service_never_puts_an_instance_out() -> None:
    text = text_of_settings()

    for kind in ("consecutive_5xx", "consecutive_gateway_failure", "success_rate"):
        assert f'"enforcing_{kind}":0' in text


def test_its_log_tells_nothing_of_headers_or_searches() -> None:
    (line,) = re.findall(r'"inline_string":"([^"]*)"', text_of_settings())

    assert re.findall(r"%REQ\(([^)]*)\)%", line) == [":METHOD"]
    assert "%PATH(NQ)%" in line


@pytest.mark.parametrize(
    ("path", "is_routed"),
    [
        ("/bff/backoffice/v1/session", True),
        ("/api/bff/backoffice/v1/session", True),
        ("/health/ready", True),
        ("/.well-known/oauth-protected-resource", True),
        ("/bff/backoffice/v1/internal/jobs/erasure", False),
        ("/api/bff/backoffice/v1/internal/jobs/erasure", False),
        ("/bff/backoffice/v1//INTERNAL/jobs/erasure", False),
        ("/internal/jobs/erasure", False),
        ("/metrics", False),
    ],
)
def test_jobs_and_metrics_are_not_routed(path: str, *, is_routed: bool) -> None:
    (regex,) = re.findall(r'"regex":"((?:[^"\\]|\\.)*)"', text_of_settings())

    assert (re.fullmatch(regex, path) is None) is is_routed


def test_envoy_itself_accepts_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "balancer.json"
    part = balancer_part(
        port=20_000, instance_ports=PORTS, settings=settings, log=tmp_path / "balancer.log"
    )

    asyncio.run(write_settings(part))
    checked = subprocess.run(
        [*part.command, "--mode", "validate"],
        env=dict(part.environment),
        timeout=20,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
