"""Every environment variable of the service, typed.

`BFF_` and the field's name in capitals. A secret has no default and may be mounted instead:
`BFF_X_FILE` names the file. `bff settings` prints them all with secrets masked.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints
from urllib.parse import urlsplit

from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.foundation.secret_text import SecretText

PREFIX: Final = "BFF_"
SANDBOX: Final = "sandbox"
SECRET_FILE_BYTES_MAX: Final = 16 * 1024
KEY_CHARACTERS_MIN: Final = 32
_FRACTION: Final = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
Group = TypeVar("Group")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What process this is."""

    environment: str
    producer_instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Where the API listens and under which names it is known."""

    http_host: str = "0.0.0.0"  # noqa: S104 - a container's only interface; the sandbox says 127.0.0.1
    http_port: int = 8083
    http_workers: int = 1
    drain_notice_seconds: int = 0
    metrics_port: int = 9083
    public_origins: tuple[str, ...]
    cors_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """Whose tokens count, and how proofs are judged."""

    issuer: str
    audience: str
    proof_algorithms: tuple[str, ...] = ("ES256", "EdDSA", "Ed25519")
    proof_age_seconds_max: int = 60
    proof_ahead_seconds_max: int = 10
    proof_quota_per_key: int = 6000
    token_clock_skew_seconds: int = 5
    token_lifetime_seconds_max: int = 3600
    accept_bearer_with_proof: bool = False
    nonce_key: SecretText


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """Where the upstreams are, and who we are to them."""

    upstream_iam_url: str
    upstream_tenant_url: str
    upstream_property_url: str
    upstream_reservation_url: str
    upstream_inventory_url: str
    upstream_pricing_url: str
    upstream_housekeeping_url: str
    upstream_maintenance_url: str
    upstream_billing_url: str
    upstream_lock_integration_url: str
    upstream_ai_orchestrator_url: str
    upstream_notification_url: str
    upstream_sync_url: str
    upstream_staff_url: str
    upstream_analytics_url: str
    upstream_payment_url: str
    service_identity_token: SecretText


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiStoreSettings:
    """The API's stores and the keys of what it keeps there."""

    postgres_api_url: SecretText
    redis_session_url: SecretText
    redis_cache_url: SecretText
    stored_answer_key: SecretText
    cursor_key: SecretText


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What the worker needs beside the upstreams."""

    worker_metrics_port: int = 9084
    postgres_worker_url: SecretText
    redis_session_url: SecretText
    redis_cache_url: SecretText
    broker_url: SecretText
    stored_answer_key: SecretText


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """What the retention jobs need."""

    postgres_retention_url: SecretText


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerSettings:
    """What `bff migrate` needs."""

    postgres_owner_url: SecretText


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings:
    """Where spans go (the whole URL of an OTLP/HTTP receiver), and how many traces are kept.

    Without an endpoint nothing is traced. A caller's own trace is kept as that caller says.
    """

    traces_endpoint: str = ""
    traces_sampled_share: float = 0.1


GROUPS: Final[tuple[type[object], ...]] = (
    ServiceSettings,
    HttpSettings,
    AccessSettings,
    UpstreamSettings,
    ApiStoreSettings,
    WorkerSettings,
    RetentionSettings,
    OwnerSettings,
    TraceSettings,
)


def load(group: type[Group], environment: Mapping[str, str]) -> Group:
    """Read one group. Raises SettingsRefused, naming every variable that is wrong."""
    values: dict[str, object] = {}
    wrong: list[str] = []
    hints = get_type_hints(group)
    for setting in fields(group):  # type: ignore[arg-type]  # every group is a dataclass
        name = PREFIX + setting.name.upper()
        try:
            text = _text_of(name, hints[setting.name], environment)
            if text is not None:
                if setting.name.endswith("_key") and len(text) < KEY_CHARACTERS_MIN:
                    raise ValueError("is too short for a key")  # noqa: TRY301 - told below
                values[setting.name] = _typed(text, hints[setting.name])
            elif setting.default is MISSING:
                wrong.append(f"{name} is missing")
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise SettingsRefused("; ".join(wrong))
    return group(**values)


def refuse_unknown(environment: Mapping[str, str]) -> None:
    """Raise SettingsRefused for a `BFF_` variable that means nothing: a typing mistake."""
    known: set[str] = set()
    for group in GROUPS:
        hints = get_type_hints(group)
        for setting in fields(group):  # type: ignore[arg-type]  # every group is a dataclass
            name = PREFIX + setting.name.upper()
            # Only a secret may be mounted; another `_FILE` would be passed over in silence.
            known |= {name, f"{name}_FILE"} if hints[setting.name] is SecretText else {name}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsRefused(f"not settings of this service: {', '.join(unknown)}")


def refuse_unsafe(
    service: ServiceSettings, http: HttpSettings, access: AccessSettings, ups: UpstreamSettings
) -> None:
    """Refuse to start with what only the sandbox may have."""
    if service.environment == SANDBOX:
        if http.http_host != "127.0.0.1":
            raise SettingsRefused("BFF_HTTP_HOST: the sandbox listens on 127.0.0.1 alone")
        return
    addresses = {
        "BFF_ISSUER": [access.issuer],
        "BFF_PUBLIC_ORIGINS": list(http.public_origins),
        "BFF_CORS_ORIGINS": list(http.cors_origins),
    }
    unsafe = [name for name, urls in addresses.items() if not all(map(_is_public_https, urls))]
    unsafe += _unsafe_upstreams(ups)
    if access.accept_bearer_with_proof:
        unsafe.append("BFF_ACCEPT_BEARER_WITH_PROOF")
    if unsafe:
        raise SettingsRefused(f"only for the sandbox: {', '.join(unsafe)}")


def refuse_unsafe_upstreams(service: ServiceSettings, ups: UpstreamSettings) -> None:
    """Refuse upstreams that only the sandbox may have: for processes that listen to nobody."""
    unsafe = [] if service.environment == SANDBOX else _unsafe_upstreams(ups)
    if unsafe:
        raise SettingsRefused(f"only for the sandbox: {', '.join(unsafe)}")


def _unsafe_upstreams(ups: UpstreamSettings) -> list[str]:
    return [
        PREFIX + setting.name.upper()
        for setting in fields(ups)
        if setting.name.endswith("_url") and not _is_public_https(getattr(ups, setting.name))
    ]


def _is_public_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    is_loopback = host in ("localhost", "::1") or host.startswith("127.")
    return parts.scheme in ("https", "app") and bool(host) and not is_loopback


def _text_of(name: str, kind: object, environment: Mapping[str, str]) -> str | None:
    if kind is not SecretText:
        return environment.get(name)
    mounted = environment.get(f"{name}_FILE")
    if mounted is None:
        return environment.get(name)
    try:
        with Path(mounted).open("rb") as file:
            return file.read(SECRET_FILE_BYTES_MAX).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError("the mounted file cannot be read") from None


def _typed(text: str, kind: Any) -> object:  # noqa: ANN401  # allow-any: a field's type hint
    if kind in (SecretText, str):
        if not text:
            raise ValueError("is empty")
        return SecretText(text) if kind is SecretText else text
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError("is neither true nor false")
        return text == "true"
    if kind is int:
        return _number(text)
    if kind is float:
        return _fraction(text)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _fraction(text: str) -> float:
    if not _FRACTION.fullmatch(text):
        raise ValueError("is not a number")
    return float(text)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("is not a whole number")
    return int(text)
