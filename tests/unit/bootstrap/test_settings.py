"""Settings: typed, complete, safe, and never shown."""

from dataclasses import fields
from pathlib import Path

import pytest

from bff_backoffice.bootstrap.api import read_api_settings
from bff_backoffice.bootstrap.describe_settings import describe_settings
from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.bootstrap.settings import UpstreamSettings

SECRETS = {
    "BFF_NONCE_KEY": "nonce-key-" + "n" * 33,
    "BFF_STORED_ANSWER_KEY": "stored-answer-key-" + "s" * 25,
    "BFF_CURSOR_KEY": "cursor-key-" + "c" * 32,
    "BFF_SERVICE_IDENTITY_TOKEN": "service-identity-secret",
    "BFF_POSTGRES_API_URL": "postgresql://bff_api:swordfish@db/bff",
    "BFF_REDIS_SESSION_URL": "redis://:swordfish@session/0",
    "BFF_REDIS_CACHE_URL": "redis://:swordfish@cache/0",
}
UPSTREAM_NAMES = [
    f"BFF_{field.name.upper()}" for field in fields(UpstreamSettings) if field.name.endswith("_url")
]
PRODUCTION = {
    **SECRETS,
    "BFF_ENVIRONMENT": "production",
    "BFF_PRODUCER_INSTANCE": "bff-1",
    "BFF_PUBLIC_ORIGINS": "https://bff.example, https://eu.bff.example",
    "BFF_CORS_ORIGINS": "app://desktop",
    "BFF_ISSUER": "https://iam.example",
    "BFF_AUDIENCE": "bff-backoffice",
    **dict.fromkeys(UPSTREAM_NAMES, "https://upstream.example"),
}
SANDBOX = {
    **PRODUCTION,
    "BFF_ENVIRONMENT": "sandbox",
    "BFF_HTTP_HOST": "127.0.0.1",
    "BFF_PUBLIC_ORIGINS": "http://127.0.0.1:8083",
    "BFF_ISSUER": "http://127.0.0.1:8090",
    **dict.fromkeys(UPSTREAM_NAMES, "http://127.0.0.1:8091/x"),
}


def refused(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsRefused) as refusal:
        read_api_settings(environment)
    return str(refusal.value)


@pytest.mark.parametrize("environment", [PRODUCTION, SANDBOX], ids=["production", "sandbox"])
def test_a_complete_environment_is_read(environment: dict[str, str]) -> None:
    settings = read_api_settings(environment)

    assert settings.access.proof_algorithms == ("ES256", "EdDSA", "Ed25519")
    assert settings.access.proof_age_seconds_max == 60
    assert settings.access.proof_ahead_seconds_max == 10
    assert settings.access.accept_bearer_with_proof is False
    assert settings.access.nonce_key.reveal() == SECRETS["BFF_NONCE_KEY"]


def test_a_list_is_split_at_commas() -> None:
    origins = read_api_settings(PRODUCTION).http.public_origins

    assert origins == ("https://bff.example", "https://eu.bff.example")


REQUIRED = sorted(set(PRODUCTION) - {"BFF_CORS_ORIGINS"})


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_is_named(name: str) -> None:
    assert f"{name} is missing" in refused({k: v for k, v in PRODUCTION.items() if k != name})


@pytest.mark.parametrize("name", REQUIRED)
def test_an_empty_setting_is_refused(name: str) -> None:
    assert name in refused({**PRODUCTION, name: ""})


def test_every_wrong_setting_of_a_group_is_named_at_once() -> None:
    said = refused({**PRODUCTION, "BFF_ISSUER": "", "BFF_AUDIENCE": "", "BFF_NONCE_KEY": "x"})

    assert all(name in said for name in ("BFF_ISSUER", "BFF_AUDIENCE", "BFF_NONCE_KEY"))


@pytest.mark.parametrize(
    "name",
    ["BFF_ISUER", "BFF_X", "BFF_ISSUER_FILE", "BFF_HTTP_PORT_FILE", "BFF_NONCE_KEY_FILE_FILE"],
)
def test_a_setting_that_means_nothing_is_a_typing_mistake(name: str) -> None:
    assert name in refused({**PRODUCTION, name: "x"})


def test_settings_of_other_parts_and_programs_are_left_alone() -> None:
    read_api_settings({**PRODUCTION, "PATH": "/bin", "BFF_BROKER_URL": "redis://x", "SIM_X": "y"})


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "1e3", " 1", "0x10", "NaN", "true"])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    assert "BFF_PROOF_AGE_SECONDS_MAX" in refused({**PRODUCTION, "BFF_PROOF_AGE_SECONDS_MAX": text})


@pytest.mark.parametrize("text", ["", "True", "1", "yes", "TRUE", "false "])
def test_a_truth_that_is_neither_is_refused(text: str) -> None:
    name = "BFF_ACCEPT_BEARER_WITH_PROOF"

    assert name in refused({**PRODUCTION, name: text})


@pytest.mark.parametrize(
    "changes",
    [
        {"BFF_PROOF_ALGORITHMS": ""}, {"BFF_PROOF_ALGORITHMS": "none"},
        {"BFF_PROOF_ALGORITHMS": "ES256,RS256"}, {"BFF_PROOF_ALGORITHMS": " , "},
        {"BFF_PROOF_AGE_SECONDS_MAX": "0"}, {"BFF_TOKEN_LIFETIME_SECONDS_MAX": "0"},
        {"BFF_PUBLIC_ORIGINS": ""}, {"BFF_PUBLIC_ORIGINS": ","},
        {"BFF_PUBLIC_ORIGINS": "https://bff.example/"},
        {"BFF_PUBLIC_ORIGINS": "https://bff.example/x"},
        {"BFF_PUBLIC_ORIGINS": "https://"}, {"BFF_PUBLIC_ORIGINS": "https://u@bff.example"},
        {"BFF_PUBLIC_ORIGINS": "https://b_ff.example"},
        {"BFF_PUBLIC_ORIGINS": "https://bff.example:0"},
        {"BFF_NONCE_KEY": "short"}, {"BFF_STORED_ANSWER_KEY": "short"}, {"BFF_CURSOR_KEY": "short"},
    ],
)  # fmt: skip
def test_what_would_weaken_proofs_refuses_the_start(changes: dict[str, str]) -> None:
    assert refused({**PRODUCTION, **changes})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, "http://upstream.example") for name in UPSTREAM_NAMES],
        ("BFF_ISSUER", "http://iam.example"),
        ("BFF_ISSUER", "https://127.0.0.1:8090"),
        ("BFF_ISSUER", "https://localhost"),
        ("BFF_ISSUER", "https://[::1]"),
        ("BFF_ISSUER", "iam.example"),
        ("BFF_ISSUER", "https://[broken"),
        ("BFF_PUBLIC_ORIGINS", "https://bff.example,http://bff.example"),
        ("BFF_PUBLIC_ORIGINS", "https://127.0.0.2"),
        ("BFF_CORS_ORIGINS", "http://evil.example"),
        ("BFF_CORS_ORIGINS", "null"),
        ("BFF_CORS_ORIGINS", "*"),
        ("BFF_ACCEPT_BEARER_WITH_PROOF", "true"),
    ],
)
def test_what_only_the_sandbox_may_have_is_refused_elsewhere(name: str, value: str) -> None:
    said = refused({**PRODUCTION, name: value})

    assert name in said
    assert value not in said or value == "true"


def test_the_switch_for_old_desktops_is_the_sandboxs_alone() -> None:
    settings = read_api_settings({**SANDBOX, "BFF_ACCEPT_BEARER_WITH_PROOF": "true"})

    assert settings.access.accept_bearer_with_proof


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "localhost", "192.0.2.1"])  # noqa: S104 - refused
def test_the_sandbox_listens_on_the_loopback_alone(host: str) -> None:
    assert "BFF_HTTP_HOST" in refused({**SANDBOX, "BFF_HTTP_HOST": host})


def test_a_secret_may_be_mounted(tmp_path: Path) -> None:
    mounted = tmp_path / "nonce-key"
    mounted.write_text("  " + "m" * 43 + "\n")
    environment = {k: v for k, v in PRODUCTION.items() if k != "BFF_NONCE_KEY"}
    settings = read_api_settings({**environment, "BFF_NONCE_KEY_FILE": str(mounted)})

    assert settings.access.nonce_key.reveal() == "m" * 43


@pytest.mark.parametrize("content", [None, b"\xff\xfe" * 30, b"", b"  \n"])
def test_a_mounted_secret_that_cannot_be_read_is_refused_without_its_path(
    tmp_path: Path, content: bytes | None
) -> None:
    mounted = tmp_path / "nonce-key"
    if content is not None:
        mounted.write_bytes(content)
    said = refused({**PRODUCTION, "BFF_NONCE_KEY_FILE": str(mounted)})

    assert "BFF_NONCE_KEY" in said
    assert str(mounted) not in said


def test_no_refusal_shows_a_value() -> None:
    for name in SECRETS:
        said = refused({**PRODUCTION, name: "", "BFF_X": "y", "BFF_ISSUER": "http://swordfish"})
        assert "swordfish" not in said


def test_settings_show_no_secret_however_they_are_printed() -> None:
    shown = repr(read_api_settings(PRODUCTION)) + str(read_api_settings(PRODUCTION))

    assert "swordfish" not in shown
    assert all(secret not in shown for secret in SECRETS.values())


def test_the_list_of_settings_masks_secrets_and_tells_defaults() -> None:
    lines = describe_settings({**PRODUCTION, "BFF_BROKER_URL_FILE": "/run/secrets/broker"})

    for secret in SECRETS.values():
        assert all(secret not in line for line in lines)
    assert "BFF_NONCE_KEY=***" in lines
    assert "BFF_BROKER_URL=***" in lines
    assert "BFF_POSTGRES_OWNER_URL=(missing)" in lines
    assert "BFF_PROOF_AGE_SECONDS_MAX=60 (default)" in lines
    assert "BFF_ISSUER=https://iam.example" in lines
    assert len(lines) == len({line.partition("=")[0] for line in lines})
