"""`endpoints.json` and what a person is shown when all is ready."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from sandbox.addresses import BASE_PATH, Addresses
from sandbox.postgres_server import SUPERUSER
from sandbox.stores import Stores


class Property(msgspec.Struct, frozen=True):
    """A hotel of a tenant."""

    id: str
    name: str


class Operator(msgspec.Struct, frozen=True, rename="camel"):
    """Someone who can sign in."""

    id: str
    username: str
    password: str
    roles: tuple[str, ...]
    property_ids: tuple[str, ...]
    totp_secret: str


class Tenant(msgspec.Struct, frozen=True, rename="camel"):
    """A hotel group, as the simulator's directory has it."""

    id: str
    name: str
    compliance_profile: str | None
    properties: tuple[Property, ...]
    operators: tuple[Operator, ...]


class Endpoints(msgspec.Struct, frozen=True, rename="camel"):
    """Where everything is: the document other programs read."""

    bff: str
    instances: tuple[str, ...]
    base_path: str
    iam: str
    simulator_admin: str
    client: str | None
    metrics: tuple[str, ...]
    postgres: str
    postgres_app: str
    redis_session: str
    redis_cache: str
    broker: str
    tenants: tuple[Tenant, ...]


def read_tenants(directory: Path) -> tuple[Tenant, ...]:
    """Read the simulator's directory. Raises OSError, msgspec.ValidationError."""
    return msgspec.json.decode(directory.read_bytes(), type=tuple[Tenant, ...])


def describe_endpoints(
    addresses: Addresses, stores: Stores, tenants: tuple[Tenant, ...], *, has_client: bool
) -> Endpoints:
    """Gather every address and sign-in.

    `postgres` is the superuser's URL (row-level security hides nothing from it), `postgresApp`
    the API's own.
    """
    return Endpoints(
        bff=addresses.origin(addresses.front),
        instances=addresses.instance_origins,
        base_path=BASE_PATH,
        iam=addresses.origin("iam"),
        simulator_admin=addresses.origin("simulator-admin"),
        client=addresses.origin("client") if has_client else None,
        metrics=tuple(addresses.origin(f"{name}-metrics") for name in addresses.instance_names),
        postgres=stores.postgres.url(SUPERUSER),
        postgres_app=stores.postgres.url("bff_api"),
        redis_session=stores.session_tier.url,
        redis_cache=stores.cache_tier.url,
        broker=stores.broker.url,
        tenants=tenants,
    )


def greeting(endpoints: Endpoints) -> Iterator[str]:
    """Say where to look and how to sign in: one operator per role and tenant."""
    yield ""
    for name, address in (
        ("desktop client", endpoints.client),
        ("service", endpoints.bff + endpoints.base_path),
        ("iam", endpoints.iam),
        ("simulator admin", endpoints.simulator_admin),
        ("metrics", ", ".join(f"{origin}/metrics" for origin in endpoints.metrics)),
    ):
        if address:
            yield f"  {name:<16} {address}"
    for tenant in endpoints.tenants:
        yield ""
        profile = f", profile {tenant.compliance_profile}" if tenant.compliance_profile else ""
        yield f"  {tenant.name} ({tenant.id}{profile})"
        for operator in _one_per_role(tenant):
            yield f"    {operator.roles[0]:<18} {operator.username:<34} {operator.password}"
    yield ""


def _one_per_role(tenant: Tenant) -> Iterator[Operator]:
    seen: set[str] = set()
    for operator in tenant.operators:
        if operator.roles and operator.roles[0] not in seen:
            seen.add(operator.roles[0])
            yield operator
