"""Commit 2, for whoever learns an outcome: the request itself or the reconciler."""

from dataclasses import dataclass

import msgspec

from bff_backoffice.application.messaging.events import EventActor, EventWriter
from bff_backoffice.application.mutations.answers import AnswerSeal, AnswerWriter, MutationAnswer
from bff_backoffice.application.mutations.catalogue import Action
from bff_backoffice.application.ports.commit_spans import UNTRACED_COMMITS, CommitSpans
from bff_backoffice.application.ports.mutation_claims import HeldClaim, MutationClaims
from bff_backoffice.domain.lock import audit_id_of
from bff_backoffice.domain.message import (
    Message,
    plain_app_platform,
    plain_app_version,
    plain_traceparent,
)
from bff_backoffice.domain.mutation import MutationOrigin, MutationOutcome, SettledBy
from bff_backoffice.foundation.clock import Clock, rfc3339
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import ActivityId, PropertyId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedAction:
    """An action under a claim that its holder may settle."""

    action: Action
    held: HeldClaim
    activity_id: ActivityId
    property_id: PropertyId
    resource_id: str
    origin: MutationOrigin


class ProxiedResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was acted on."""

    kind: str
    id: str


class MutationProxied(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of `mutation.proxied.v1`."""

    activity_id: str
    action: str
    method: str
    route: str
    upstream: str
    resource: ProxiedResource
    outcome: str
    refusal_code: str | None
    settled_by: str
    attempt: int
    received_at: str
    settled_at: str


class LockActionProxied(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of `lock_action.proxied.v1`. `credential` is there where one was issued."""

    audit_id: str
    activity_id: str
    action: str
    lock_id: str
    credential: object
    outcome: str
    refusal_code: str | None
    settled_by: str
    attempt: int
    received_at: str
    settled_at: str


class Settlement:
    """Writes outcomes. All methods raise StoreUnavailable, and then the outcome stays unknown.

    Each returns None, with nothing written, when the claim has another holder by now.
    """

    def __init__(
        self,
        *,
        claims: MutationClaims,
        seal: AnswerSeal,
        answers: AnswerWriter,
        events: EventWriter,
        clock: Clock,
        spans: CommitSpans = UNTRACED_COMMITS,
    ) -> None:
        self._claims = claims
        self._seal = seal
        self._answers = answers
        self._events = events
        self._clock = clock
        self._spans = spans

    async def succeeded(
        self, claimed: ClaimedAction, result: dict[str, object], settled_by: SettledBy
    ) -> MutationAnswer | None:
        """Settle with what the upstream did."""
        if claimed.action.is_lock_action:
            result = {**result, "auditId": audit_id_of(claimed.activity_id)}
        answer = self._answers.succeeded(
            result, claimed.activity_id, status=claimed.action.success_status
        )
        outcome = MutationOutcome(
            activity_id=claimed.activity_id,
            state="succeeded",
            settled_by=settled_by,
            result=result,
        )
        return await self._write(claimed, outcome, answer)

    async def refused(
        self, claimed: ClaimedAction, error: ServiceError, settled_by: SettledBy
    ) -> MutationAnswer | None:
        """Settle with the upstream's definite refusal."""
        outcome = MutationOutcome(
            activity_id=claimed.activity_id,
            state="refused",
            settled_by=settled_by,
            refusal_code=error.code,
        )
        return await self._write(claimed, outcome, self._refusal(claimed, error))

    async def not_performed(
        self, claimed: ClaimedAction, error: ServiceError
    ) -> MutationAnswer | None:
        """Settle with the certainty that the upstream neither acted nor will."""
        outcome = MutationOutcome(
            activity_id=claimed.activity_id,
            state="not_performed",
            settled_by="reconciler",
            refusal_code=error.code,
        )
        return await self._write(claimed, outcome, self._refusal(claimed, error))

    async def parked(self, claimed: ClaimedAction) -> bool:
        """Leave it to a person: nobody here can find out what happened."""
        outcome = MutationOutcome(
            activity_id=claimed.activity_id, state="parked", settled_by="reconciler"
        )
        return await self._commit(claimed, outcome, sealed_answer=None)

    async def _write(
        self, claimed: ClaimedAction, outcome: MutationOutcome, answer: MutationAnswer
    ) -> MutationAnswer | None:
        sealed = self._seal.seal_answer(answer, claimed.held.scope)
        is_written = await self._commit(claimed, outcome, sealed_answer=sealed)
        return answer if is_written else None

    async def _commit(
        self, claimed: ClaimedAction, outcome: MutationOutcome, *, sealed_answer: bytes | None
    ) -> bool:
        message = self._message(claimed, outcome)
        action, scope = claimed.action.name, claimed.held.scope
        with self._spans.commit("settle", action, scope, claimed.origin):
            return await self._claims.settle(
                claimed.held, outcome, message, sealed_answer=sealed_answer
            )

    def _refusal(self, claimed: ClaimedAction, error: ServiceError) -> MutationAnswer:
        return self._answers.refused(error, claimed.origin, claimed.held.scope.tenant_id)

    def _message(self, claimed: ClaimedAction, outcome: MutationOutcome) -> Message:
        action, origin, scope = claimed.action, claimed.origin, claimed.held.scope
        settled_at = self._clock.now()
        write = _lock_action_proxied if action.is_lock_action else _mutation_proxied
        payload = write(claimed, outcome, rfc3339(settled_at))
        actor = EventActor(
            tenant_id=scope.tenant_id,
            operator_id=scope.operator_id,
            device_id=origin.device_id,
            session_id=origin.session_id,
            property_id=claimed.property_id,
            request_id=origin.request_id,
            traceparent=plain_traceparent(origin.traceparent),
            app_version=plain_app_version(origin.app_version),
            app_platform=plain_app_platform(origin.app_platform),
        )
        return self._events.write(
            action.event,
            actor,
            payload,
            aggregate_id=claimed.resource_id,
            occurred_at=settled_at,
        )


def _mutation_proxied(
    claimed: ClaimedAction, outcome: MutationOutcome, settled_at: str
) -> MutationProxied:
    action = claimed.action
    return MutationProxied(
        activity_id=claimed.activity_id,
        action=action.name,
        method=action.method,
        route=action.route,
        upstream=action.upstream,
        resource=ProxiedResource(kind=action.resource_kind, id=claimed.resource_id),
        outcome=outcome.state,
        refusal_code=outcome.refusal_code,
        settled_by=outcome.settled_by,
        attempt=claimed.held.attempt,
        received_at=rfc3339(claimed.origin.received_at),
        settled_at=settled_at,
    )


def _lock_action_proxied(
    claimed: ClaimedAction, outcome: MutationOutcome, settled_at: str
) -> LockActionProxied:
    return LockActionProxied(
        audit_id=audit_id_of(claimed.activity_id),
        activity_id=claimed.activity_id,
        action=claimed.action.name,
        lock_id=claimed.resource_id,
        credential=None if outcome.result is None else outcome.result["credential"],
        outcome=outcome.state,
        refusal_code=outcome.refusal_code,
        settled_by=outcome.settled_by,
        attempt=claimed.held.attempt,
        received_at=rfc3339(claimed.origin.received_at),
        settled_at=settled_at,
    )
