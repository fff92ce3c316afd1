"""What a check may say: one of seven verdicts, why, and what it saw."""

import enum
from collections.abc import Iterable

import msgspec

DETAILS_MAX = 20


class Verdict(enum.StrEnum):
    """The only seven things the gate ever says about a row."""

    READY = "ready"
    NOT_READY = "not ready"
    REHEARSED = "rehearsed"
    DECLARED_ONLY = "declared only"
    SELF_VERIFIED = "self-verified"
    WAIVED = "waived"
    UNKNOWN = "unknown"

    @property
    def passes(self) -> bool:
        """Only *ready* and a valid waiver pass; unknown never does."""
        return self in (Verdict.READY, Verdict.WAIVED)


class CommandEvidence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A command that a check ran. No exit code: it never started or never ended."""

    command: tuple[str, ...]
    exit_code: int | None
    output_sha256: str


class FileEvidence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file that a check read, by its path inside the repository."""

    path: str
    sha256: str


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A check's answer. The reason is one line; details are for whoever repairs it."""

    verdict: Verdict
    reason: str = ""
    details: tuple[str, ...] = ()
    commands: tuple[CommandEvidence, ...] = ()
    files: tuple[FileEvidence, ...] = ()


def ready(
    *, commands: Iterable[CommandEvidence] = (), files: Iterable[FileEvidence] = ()
) -> Finding:
    """Return *ready*. It must rest on something seen, so evidence is required."""
    finding = Finding(verdict=Verdict.READY, commands=tuple(commands), files=tuple(files))
    if not finding.commands and not finding.files:
        raise ValueError("ready without evidence")
    return finding


def not_ready(
    reason: str,
    *,
    details: Iterable[str] = (),
    commands: Iterable[CommandEvidence] = (),
    files: Iterable[FileEvidence] = (),
) -> Finding:
    """Return *not ready*: the check looked and the row does not hold."""
    return Finding(
        verdict=Verdict.NOT_READY,
        reason=reason,
        details=_first(details),
        commands=tuple(commands),
        files=tuple(files),
    )


def unknown(
    reason: str,
    *,
    details: Iterable[str] = (),
    commands: Iterable[CommandEvidence] = (),
    files: Iterable[FileEvidence] = (),
) -> Finding:
    """Return *unknown*: the check could not tell, which never passes."""
    return Finding(
        verdict=Verdict.UNKNOWN,
        reason=reason,
        details=_first(details),
        commands=tuple(commands),
        files=tuple(files),
    )


def _first(details: Iterable[str]) -> tuple[str, ...]:
    lines = tuple(details)
    if len(lines) <= DETAILS_MAX:
        return lines
    return (*lines[:DETAILS_MAX], f"… and {len(lines) - DETAILS_MAX} more")
