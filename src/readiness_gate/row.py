"""One line of the gate: what must hold, in the source's words and in ours, and its proofs."""

import enum
from dataclasses import dataclass
from datetime import timedelta

from readiness_gate.inspection import Check


class Kind(enum.StrEnum):
    """How a row is proven."""

    AUTO = "auto"
    DRILL = "drill"
    DECLARED = "declared"
    ATTESTED = "attested"
    AUTO_ELSE_DECLARED = "auto where a scanner runs, else declared"


class Role(enum.StrEnum):
    """The seven roles that sign; each row is owned by one of them."""

    SERVICE_LEAD = "Service tech lead (Frontend Platform)"
    DESKTOP_LEAD = "Desktop platform tech lead (Electron app)"
    SRE = "SRE on-call (rotating)"
    SECURITY = "Security reviewer"
    DATA_STEWARD = "Data steward"
    PRODUCT = "Product manager (backoffice owner)"
    ENGINEERING = "Eng manager / Director"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One kind of proof and the check that decides it, if there is one yet."""

    kind: Kind
    check: Check | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row holds when all its proofs do. Ids and wording never change."""

    id: str
    wording: str
    """The source's own words."""
    reading: str
    """What they mean for this service, in our words."""
    proofs: tuple[Proof, ...]
    owner: Role
    hint: str
    """What to do while it does not hold."""
    freshness: timedelta | None = None
    """How old the evidence may be: the source's limit, or 90 days for a drill without one."""

    @property
    def kinds(self) -> str:
        """The kinds of proof, as the reports print them."""
        return " + ".join(proof.kind.value for proof in self.proofs)

    @property
    def check_ids(self) -> tuple[str, ...]:
        """The names of the checks that decide this row; empty while there is none."""
        return tuple(proof.check.__name__ for proof in self.proofs if proof.check is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of the gate, under the source's own heading."""

    number: int
    title: str
    rows: tuple[Row, ...]


def auto(check: Check | None = None) -> Proof:
    """Let a command decide, each time, from this repository."""
    return Proof(kind=Kind.AUTO, check=check)


def auto_else_declared(check: Check | None = None) -> Proof:
    """Let a scanner decide where one runs; the check says so where none does."""
    return Proof(kind=Kind.AUTO_ELSE_DECLARED, check=check)


def drill(check: Check | None = None) -> Proof:
    """Ask for a record of something done, not yet expired."""
    return Proof(kind=Kind.DRILL, check=check)


def declared(check: Check | None = None) -> Proof:
    """Ask for infrastructure as code, which the check validates, and for its apply record."""
    return Proof(kind=Kind.DECLARED, check=check)


def attested(check: Check | None = None) -> Proof:
    """Let a person decide and sign; the gate never invents a signature."""
    return Proof(kind=Kind.ATTESTED, check=check)
