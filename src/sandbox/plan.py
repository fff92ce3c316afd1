"""Every part of the sandbox, in the order of their start."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from sandbox.addresses import BASE_PATH, Addresses, still_kept, wanted_ports
from sandbox.balancer import balancer_part
from sandbox.generated_secrets import GeneratedSecrets, write_private_file
from sandbox.part import Part
from sandbox.ports import KeptPorts, choose_ports, read_kept_ports, write_kept_ports
from sandbox.postgres_server import OWNER, SERVICE_ROLES, SUPERUSER
from sandbox.probes import answers_http
from sandbox.service_settings import (
    OWNER_URL,
    instance_environment,
    mount_secrets,
    service_environment,
    simulator_environment,
)
from sandbox.state_directory import StateDirectory
from sandbox.store_home import open_store_home
from sandbox.stores import PROGRAM_PACKAGES, Stores
from sandbox.valkey_server import PURPOSES

PROJECT: Final = Path(__file__).resolve().parents[2]
_CLIENT_BUILD: Final = PROJECT / "clients" / "desktop_web" / "dist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `sandbox up` was asked for."""

    is_fresh: bool = False
    workers: int = 1
    instances: int = 1
    port_base: int | None = None
    has_client: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to start, stage by stage; the parts of one stage start together."""

    stages: tuple[tuple[Part, ...], ...]
    addresses: Addresses
    stores: Stores
    moved_ports: tuple[str, ...]


def make_plan(state: StateDirectory, options: Options) -> Plan:
    """Choose ports, make what secrets are missing, and lay out every part.

    Raises NoFreePortError, NoStoreHomeError.
    """
    state.prepare(is_fresh=options.is_fresh)
    kept = read_kept_ports(state.ports)
    base = options.port_base if options.port_base is not None else kept.base
    still = still_kept(kept, base=base, instances=options.instances)
    chosen = choose_ports(wanted_ports(instances=options.instances, base=base), still)
    write_kept_ports(state.ports, KeptPorts(base=base, by_name={**still, **chosen.by_name}))
    addresses = Addresses(ports=chosen.by_name, instances=options.instances)
    generated = GeneratedSecrets(state.secrets)
    stores = _stores(state, addresses, generated)
    mount_secrets(state.secret_files, stores, generated)
    generated.save()
    return Plan(
        stages=_stages(state, addresses, stores, options),
        addresses=addresses,
        stores=stores,
        moved_ports=chosen.moved,
    )


def _stores(state: StateDirectory, addresses: Addresses, generated: GeneratedSecrets) -> Stores:
    names = (SUPERUSER, OWNER, *SERVICE_ROLES, *(purpose.name for purpose in PURPOSES))
    passwords = {name: generated.password(name) for name in names}
    generated.save()  # Before a store is made with them.
    return Stores.describe(
        open_store_home(state.path, PROGRAM_PACKAGES),
        ports=addresses.ports,
        passwords=passwords,
        logs=state.logs,
    )


def _stages(
    state: StateDirectory, addresses: Addresses, stores: Stores, options: Options
) -> tuple[tuple[Part, ...], ...]:
    environment = service_environment(state, addresses, workers=options.workers)
    write_private_file(
        state.service_settings,
        "".join(
            f"{name}={shlex.quote(value)}\n"
            for name, value in {**environment, **_owner_setting(state)}.items()
        ).encode(),
    )
    api = tuple(_api(state, addresses, name, environment) for name in addresses.instance_names)
    return (
        (
            stores.postgres.part(),
            stores.cache_tier.part(),
            stores.session_tier.part(),
            stores.broker.part(),
            *((_client(state, addresses),) if options.has_client else ()),
        ),
        (
            _simulator(state, addresses, broker_url=stores.broker.url),
            _migration(state, environment),
        ),
        (*api, _worker(state, addresses, environment)),
        *(((_balancer(state, addresses),),) if addresses.instances > 1 else ()),
    )


def _simulator(state: StateDirectory, addresses: Addresses, *, broker_url: str) -> Part:
    return Part(
        name="simulator",
        command=(sys.executable, "-P", "-m", "upstream_simulator"),
        environment={
            **_common_environment(),
            **simulator_environment(state, addresses, broker_url=broker_url),
        },
        directory=PROJECT,
        log=state.logs / "simulator.log",
        is_ready=answers_http(addresses.ports["iam"], "/.well-known/jwks.json"),
        port=addresses.ports["iam"],
        data=state.simulator,
    )


def _migration(state: StateDirectory, environment: dict[str, str]) -> Part:
    return Part(
        name="migrate",
        command=(_bff(), "migrate"),
        environment={**_common_environment(), **environment, **_owner_setting(state)},
        directory=PROJECT,
        log=state.logs / "migrate.log",
        is_ready=None,
        ready_within_seconds=60.0,
    )


def _api(
    state: StateDirectory, addresses: Addresses, name: str, environment: dict[str, str]
) -> Part:
    return Part(
        name=name,
        command=(_bff(), "api"),
        environment={
            **_common_environment(),
            **environment,
            **instance_environment(addresses, name),
        },
        directory=PROJECT,
        log=state.logs / f"{name}.log",
        is_ready=answers_http(addresses.ports[name], "/health/ready"),
        port=addresses.ports[name],
    )


def _balancer(state: StateDirectory, addresses: Addresses) -> Part:
    return balancer_part(
        port=addresses.ports[addresses.front],
        instance_ports=[addresses.ports[name] for name in addresses.instance_names],
        settings=state.balancer_settings,
        log=state.logs / f"{addresses.front}.log",
    )


def _worker(state: StateDirectory, addresses: Addresses, environment: dict[str, str]) -> Part:
    port = addresses.ports["worker-metrics"]
    return Part(
        name="worker",
        command=(_bff(), "worker"),
        environment={
            **_common_environment(),
            **environment,
            "BFF_PRODUCER_INSTANCE": "sandbox-worker",
        },
        directory=PROJECT,
        log=state.logs / "worker.log",
        is_ready=answers_http(port, "/metrics"),
        port=port,
    )


def _client(state: StateDirectory, addresses: Addresses) -> Part:
    settings = {
        "bff": addresses.origin(addresses.front),
        "iam": addresses.origin("iam"),
        "basePath": BASE_PATH,
    }
    write_private_file(state.client_settings, msgspec.json.encode(settings))
    port = addresses.ports["client"]
    return Part(
        name="client",
        command=(
            *(sys.executable, "-P", "-m", "sandbox.client_server"),
            *("--port", str(port)),
            *("--files", str(_CLIENT_BUILD)),
            *("--settings", str(state.client_settings)),
        ),
        environment=_common_environment(),
        directory=PROJECT,
        log=state.logs / "client.log",
        is_ready=answers_http(port, "/config.json"),
        port=port,
    )


def _owner_setting(state: StateDirectory) -> dict[str, str]:
    return {f"{OWNER_URL}_FILE": str(state.secret_files / OWNER_URL)}


def _bff() -> str:
    """Return the service's own command, as set-up leaves it beside the interpreter."""
    return str(Path(sys.executable).with_name("bff"))


def _common_environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(PROJECT / "src"),
    }
