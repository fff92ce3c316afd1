"""What the environment says. The only module that reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """A setting is missing or makes no sense; the message names it and never shows its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One simulator's settings."""

    state_directory: Path
    iam_port: int
    upstreams_port: int
    admin_port: int
    iam_origin: str
    audience: str
    cors_origins: tuple[str, ...]
    bff_refresh_urls: tuple[str, ...]
    service_identity_token: str
    broker_url: str | None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings; raise SettingsError naming the first one that is wrong."""
    token_file = Path(_required(environment, "SIM_SERVICE_IDENTITY_TOKEN_FILE"))
    try:
        token = token_file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError("SIM_SERVICE_IDENTITY_TOKEN_FILE cannot be read") from error
    if not token:
        raise SettingsError("SIM_SERVICE_IDENTITY_TOKEN_FILE is empty")
    return Settings(
        state_directory=Path(_required(environment, "SIM_STATE_DIR")),
        iam_port=_port(environment, "SIM_IAM_PORT"),
        upstreams_port=_port(environment, "SIM_UPSTREAMS_PORT"),
        admin_port=_port(environment, "SIM_ADMIN_PORT"),
        iam_origin=_required(environment, "SIM_IAM_ORIGIN").rstrip("/"),
        audience=environment.get("SIM_AUDIENCE", "bff-backoffice"),
        cors_origins=_list(environment, "SIM_CORS_ORIGINS"),
        bff_refresh_urls=_list(environment, "SIM_BFF_REFRESH_URLS"),
        service_identity_token=token,
        broker_url=environment.get("SIM_BROKER_URL") or None,
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _port(environment: Mapping[str, str], name: str) -> int:
    text = _required(environment, name)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 1 << 16:
        raise SettingsError(f"{name} is not a port")
    return int(text)


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in environment.get(name, "").split(",") if item.strip())
