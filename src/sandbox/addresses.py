"""Every port of the sandbox and the addresses made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.balancer import BALANCER
from sandbox.ports import LOOPBACK, KeptPorts
from sandbox.valkey_server import BROKER, CACHE, SESSION

BASE_PATH: Final = "/bff/backoffice/v1"
_USUAL_PORTS: Final = {
    "api": 8083,
    "client": 8084,
    "iam": 8090,
    "upstreams": 8091,
    "simulator-admin": 8099,
    "api-metrics": 9083,
    "worker-metrics": 9084,
    "postgres": 54320,
    CACHE.name: 63790,
    SESSION.name: 63791,
    BROKER.name: 63792,
}
_ALONE: Final = "api"
_BALANCED_INSTANCES: Final = 8200
_FURTHER_METRICS: Final = 9200


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where each part listens, always on the loopback address."""

    ports: Mapping[str, int]
    instances: int

    @property
    def instance_names(self) -> tuple[str, ...]:
        """The API's parts: `api`, then `api-2` and so on."""
        return tuple(instance_name(number) for number in range(1, self.instances + 1))

    @property
    def front(self) -> str:
        """The part that clients call: the only instance, or the balancer before several."""
        return BALANCER if self.instances > 1 else _ALONE

    @property
    def instance_origins(self) -> tuple[str, ...]:
        """The origin of every API instance."""
        return tuple(self.origin(name) for name in self.instance_names)

    @property
    def public_origins(self) -> tuple[str, ...]:
        """Every origin a proof may be made for; the first is the one to call."""
        return tuple(dict.fromkeys((self.origin(self.front), *self.instance_origins)))

    def origin(self, name: str) -> str:
        """Return the origin of a part."""
        return f"http://{LOOPBACK}:{self.ports[name]}"


def instance_name(number: int) -> str:
    """Name the n-th API process group, counted from 1."""
    return _ALONE if number == 1 else f"api-{number}"


def wanted_ports(*, instances: int, base: int | None) -> dict[str, int]:
    """Return the usual port of each name, or consecutive ones from the base."""
    wanted = dict(_USUAL_PORTS)
    if instances > 1:
        wanted = {BALANCER if name == _ALONE else name: port for name, port in wanted.items()}
        wanted[_ALONE] = _BALANCED_INSTANCES + 1
    for number in range(2, instances + 1):
        wanted[instance_name(number)] = _BALANCED_INSTANCES + number
        wanted[f"{instance_name(number)}-metrics"] = _FURTHER_METRICS + number
    if base is None:
        return wanted
    return {name: base + offset for offset, name in enumerate(wanted)}


def still_kept(kept: KeptPorts, *, base: int | None, instances: int) -> dict[str, int]:
    """Return the kept ports, none of them where another base is asked for now.

    The port that clients call stays theirs when a balancer takes it over, or gives it back.
    """
    if base is not None and base != kept.base:
        return {}
    ports = dict(kept.by_name)
    if instances > 1 and BALANCER not in ports and _ALONE in ports:
        ports[BALANCER] = ports.pop(_ALONE)
    elif instances == 1 and BALANCER in ports:
        ports[_ALONE] = ports.pop(BALANCER)
    return ports
