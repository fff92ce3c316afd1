"""The command `bff`: what it prints, what it refuses, how it ends."""

import pytest

from bff_backoffice.cli.main import SUBCOMMANDS, main


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each command in an environment without settings of ours."""
    monkeypatch.delenv("BFF_ENVIRONMENT", raising=False)


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in SUBCOMMANDS)


@pytest.mark.parametrize("arguments", [[], ["nope"], ["api", "--nope"]])
def test_a_wrong_call_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2


@pytest.mark.parametrize("name", ["api", "worker", "migrate"])
def test_refused_settings_end_with_2_and_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name]) == 2

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"bff {name}: ")
    assert "is missing" in said


def test_settings_are_printed_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BFF_NONCE_KEY", "swordfish" * 5)
    monkeypatch.setenv("BFF_ISSUER", "https://iam.example")
    assert main(["settings"]) == 0

    said = capsys.readouterr().out
    assert "BFF_NONCE_KEY=***" in said
    assert "BFF_ISSUER=https://iam.example" in said
    assert "swordfish" not in said
