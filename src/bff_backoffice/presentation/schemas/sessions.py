"""Bodies of the session routes."""

import msgspec


class NamedProperty(msgspec.Struct, frozen=True, kw_only=True):
    """A property and its name as tenant-service tells it."""

    id: str
    name: str


class SessionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `GET /session`. `properties` names those whose names are at hand."""

    id: str
    tenant_id: str
    operator_id: str
    device_id: str
    roles: list[str]
    property_ids: list[str]
    primary_property_id: str | None = None
    locale: str
    scope_resolved: bool
    expires_at: str
    server_time: str
    properties: tuple[NamedProperty, ...] = ()


class RefreshBody(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """The body of `POST /auth/refresh`."""

    refresh_token: str


class TokensBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `POST /auth/refresh`. Never logged, never stored."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
