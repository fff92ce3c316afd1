import base64
import stat
from pathlib import Path

from sandbox.generated_secrets import GeneratedSecrets, new_key, new_password, write_private_file


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    first = GeneratedSecrets(tmp_path / "secrets.json")
    made = (first.password("postgres"), first.key("BFF_NONCE_KEY"))
    first.save()

    later = GeneratedSecrets(tmp_path / "secrets.json")

    assert (later.password("postgres"), later.key("BFF_NONCE_KEY")) == made


def test_no_two_secrets_are_alike(tmp_path: Path) -> None:
    generated = GeneratedSecrets(tmp_path / "secrets.json")

    assert generated.password("a") != generated.password("b")


def test_a_password_needs_no_quoting_and_a_key_is_32_bytes() -> None:
    assert new_password().isalnum()
    assert len(base64.urlsafe_b64decode(new_key() + "=")) == 32


def test_secret_files_are_private_even_where_a_public_one_was(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)

    write_private_file(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]
