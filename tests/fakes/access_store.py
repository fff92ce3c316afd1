"""The session tier as one dictionary, with the rules of the one script."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bff_backoffice.application.ports.access_store import (
    AccessStoreDown,
    Admission,
    EndedSession,
    SessionHolder,
    SessionToOpen,
)
from bff_backoffice.application.ports.revocations import Revocation
from bff_backoffice.application.ports.store_generations import StoreGeneration
from bff_backoffice.domain.device_session import DeviceSession, OperatorScope
from bff_backoffice.foundation.identifiers import OperatorId, TenantId


@dataclass(slots=True)
class FakeAccessStore:
    """Implements AccessStore, SessionTierIdentity and RevocationMirror.

    `before_call` runs first in every call and may raise: a store that is down, or one that
    changes while it is asked.
    """

    quota_per_key: int = 1000
    run_id: str = "run-1"
    marker: int | None = None
    sessions: dict[str, DeviceSession] = field(default_factory=dict[str, DeviceSession])
    scopes: dict[str, OperatorScope] = field(default_factory=dict[str, OperatorScope])
    revoked: dict[str, int | str] = field(default_factory=dict[str, int | str])
    claims: set[str] = field(default_factory=set[str])
    quotas: dict[str, int] = field(default_factory=dict[str, int])
    owed_events: list[bytes] = field(default_factory=list[bytes])
    before_call: Callable[[], None] = lambda: None
    after_admission: Callable[[], None] = lambda: None
    calls: list[str] = field(default_factory=list[str])

    async def admit(
        self,
        holder: SessionHolder,
        proof_identifier: str,
        *,
        generation: int,
        to_open: SessionToOpen | None = None,
    ) -> Admission:
        self._called("admit")
        admission = self._admit(holder, proof_identifier, generation, to_open)
        self.after_admission()
        return admission

    async def put_scope(
        self, tenant_id: TenantId, operator_id: OperatorId, scope: OperatorScope
    ) -> None:
        self._called("put_scope")
        self.scopes[f"{tenant_id}:{operator_id}"] = scope

    async def end_session(self, ended: EndedSession, owed_event: bytes) -> None:
        self._called("end_session")
        self.revoked[f"{ended.tenant_id}:sid:{ended.iam_session_id}"] = "1"
        if self.sessions.pop(f"{ended.tenant_id}:{ended.iam_session_id}", None):
            self.owed_events.append(owed_event)

    async def mirror(self, revocations: list[Revocation]) -> None:
        self._called("mirror")
        for revocation in revocations:
            subject = "" if revocation.kind == "tenant" else revocation.subject
            before = int(revocation.revoked_before.timestamp())
            self.revoked[f"{revocation.tenant_id}:{revocation.kind}:{subject}"] = (
                "suspended" if revocation.is_suspended else before
            )

    async def identity(self) -> tuple[str, int | None]:
        self._called("identity")
        return self.run_id, self.marker

    async def mark(self, generation: StoreGeneration) -> None:
        self._called("mark")
        self.marker = max(self.marker or 0, generation.number)

    def contents(self) -> object:
        """Return all of it, to compare before and after."""
        return (
            dict(self.sessions),
            dict(self.scopes),
            dict(self.revoked),
            set(self.claims),
            dict(self.quotas),
            list(self.owed_events),
        )

    def lose_everything(self) -> None:
        """Forget as FLUSHALL does."""
        self.marker = None
        for kept in (self.sessions, self.scopes, self.revoked, self.claims, self.quotas):
            kept.clear()

    def go_down(self) -> None:
        """Answer nothing from now on."""

        def refuse() -> None:
            raise AccessStoreDown

        self.before_call = refuse

    def come_back(self) -> None:
        """Answer again."""
        self.before_call = lambda: None

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self.before_call()

    def _admit(
        self,
        holder: SessionHolder,
        proof_identifier: str,
        generation: int,
        to_open: SessionToOpen | None,
    ) -> Admission:
        tenant = holder.tenant_id
        session_key = f"{tenant}:{holder.iam_session_id}"
        claim = f"{tenant} {holder.thumbprint} {proof_identifier}"
        quota = f"{tenant}:{holder.thumbprint}"
        if self.marker != generation:
            return Admission(outcome="generation_unknown")
        if self._is_revoked(holder):
            return Admission(outcome="revoked")
        if claim in self.claims:
            return Admission(outcome="replayed")
        if self.quotas.get(quota, 0) >= self.quota_per_key:
            return Admission(outcome="quota_spent")
        if session_key not in self.sessions:
            if to_open is None:
                return Admission(outcome="session_missing")
            self.sessions[session_key] = to_open.session
            self.owed_events.append(to_open.owed_event)
        self.claims.add(claim)
        self.quotas[quota] = self.quotas.get(quota, 0) + 1
        return Admission(
            outcome="admitted",
            session=self.sessions[session_key],
            scope=self.scopes.get(f"{tenant}:{holder.operator_id}"),
        )

    def _is_revoked(self, holder: SessionHolder) -> bool:
        tenant = holder.tenant_id
        if f"{tenant}:sid:{holder.iam_session_id}" in self.revoked:
            return True
        watermarks = (
            self.revoked.get(f"{tenant}:tenant:"),
            self.revoked.get(f"{tenant}:operator:{holder.operator_id}"),
            self.revoked.get(f"{tenant}:device:{holder.device_id}"),
        )
        return any(
            before == "suspended" or (isinstance(before, int) and holder.auth_time <= before)
            for before in watermarks
        )
