"""The one mutation path: claim, call, settle, answer.

Commit 1 claims the idempotency key. Then the upstream is asked, with no transaction open.
Commit 2 writes outcome, stored answer, activity and event together. Whatever goes wrong in
between leaves a claim that the reconciler settles by reading; nothing is ever done twice.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from bff_backoffice.application.mutations.answers import AnswerSeal, AnswerWriter, MutationAnswer
from bff_backoffice.application.mutations.catalogue import CLAIM_LEASE_SECONDS, Action
from bff_backoffice.application.mutations.performing import Performer, has_surely_not_acted
from bff_backoffice.application.mutations.running import RunningMutations
from bff_backoffice.application.mutations.settlement import ClaimedAction, Settlement
from bff_backoffice.application.ports.commit_spans import UNTRACED_COMMITS, CommitSpans
from bff_backoffice.application.ports.mutation_claims import (
    ClaimAnswer,
    HeldClaim,
    MutationClaims,
    NewClaim,
)
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.stored_answer_cipher import SealBroken
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.view_invalidation import ViewInvalidation
from bff_backoffice.domain.idempotency import (
    FingerprintedRequest,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    IdempotencyScope,
    StoredAnswerErased,
)
from bff_backoffice.domain.lock import KeyIntent
from bff_backoffice.domain.mutation import (
    MutationOrigin,
    MutationStoreUnavailable,
    MutationUpstreamUnavailable,
)
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import (
    ActivityId,
    IdempotencyKey,
    PropertyId,
    new_ulid,
)

NOT_SENT: Final = "mutation.not_sent"
"""The ledger's word for an attempt that never left this service."""
SETTLE_AFTER_SECONDS: Final = 1.0
RETRY_AFTER_SECONDS: Final = 2
DEADLINE_GRACE_SECONDS: Final = 1.0
"""Past the deadline by this much, a call that ignores it is given up as unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationRequest:
    """A request for an action, as far as it does not depend on which action it is."""

    action: Action
    caller: Principal
    facts: RequestFacts
    key: IdempotencyKey
    fingerprinted: FingerprintedRequest
    property_id: PropertyId
    resource_id: str
    path: str

    @property
    def scope(self) -> IdempotencyScope:
        """Whose key it is."""
        return IdempotencyScope(
            tenant_id=self.caller.tenant_id, operator_id=self.caller.operator_id, key=self.key
        )

    @property
    def origin(self) -> MutationOrigin:
        """What is remembered of the request."""
        return MutationOrigin(
            request_id=self.facts.request_id,
            traceparent=self.facts.traceparent,
            path=self.path,
            device_id=self.caller.device_id,
            session_id=self.caller.session_id,
            app_version=self.facts.app_version,
            app_platform=self.facts.app_platform,
            received_at=self.facts.received_at,
        )

    def call_scope(self, deadline: Deadline) -> CallScope:
        """On whose account upstreams are asked."""
        return CallScope(
            tenant_id=self.caller.tenant_id,
            property_id=self.property_id,
            deadline=deadline,
            operator_id=self.caller.operator_id,
            request_id=self.facts.request_id,
            traceparent=self.facts.traceparent,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedAnswer:
    """An answer, and whether it was given before."""

    answer: MutationAnswer
    is_replay: bool = False


class MutationObserver(Protocol):
    """Hears how requests ended; for metrics. Must not raise and must not wait."""

    def mutation_ended(self, action: str, outcome: str) -> None:
        """Take one of a closed set of outcomes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCommand:
    """What is to be sent, and for a lock action what its ledger says before that."""

    command: bytes
    key_intent: KeyIntent | None = None


PrepareCommand = Callable[[CallScope], Awaitable[PreparedCommand]]
"""Writes the command, asking upstreams where it must. Runs before anything is claimed."""


class ForwardMutation:
    """Forwards any action of the catalogue."""

    def __init__(  # noqa: PLR0913 - the parts of the path, all by name
        self,
        *,
        claims: MutationClaims,
        settlement: Settlement,
        performers: Mapping[str, Performer],
        seal: AnswerSeal,
        answers: AnswerWriter,
        running: RunningMutations,
        views: ViewInvalidation,
        observer: MutationObserver,
        clock: Clock,
        spans: CommitSpans = UNTRACED_COMMITS,
    ) -> None:
        self._claims = claims
        self._settlement = settlement
        self._performers = performers
        self._seal = seal
        self._answers = answers
        self._running = running
        self._views = views
        self._observer = observer
        self._clock = clock
        self._spans = spans

    async def forward(
        self, request: MutationRequest, prepare: PrepareCommand, *, looks_first: bool
    ) -> ForwardedAnswer:
        """Perform the action once, or return what it has led to.

        `looks_first` says that `prepare` costs more than a look at the key, which is then known
        before. Raises the errors of domain/idempotency.py and domain/mutation.py; those that
        are definite are stored and come again, byte for byte, as an answer.
        """
        deadline = Deadline.after(request.action.deadline_seconds, self._clock)
        refusal = self._performers[request.action.name].refusal()
        try:
            if looks_first or refusal is not None:
                known = await self._claims.peek(request.scope, request.fingerprinted.fingerprint())
                if known.outcome != "free":
                    return self._known(request, known)
            if refusal is not None:
                raise self._ended(request, MutationUpstreamUnavailable())
            prepared = await self._prepared(request, prepare, deadline)
            return await self._running.shielded(self._perform(request, prepared, deadline))
        except StoreUnavailable as error:
            raise self._ended(
                request, MutationStoreUnavailable(retry_after_seconds=RETRY_AFTER_SECONDS)
            ) from error

    async def _prepared(
        self, request: MutationRequest, prepare: PrepareCommand, deadline: Deadline
    ) -> PreparedCommand:
        try:
            return await prepare(request.call_scope(deadline))
        except UpstreamFailure as failure:
            raise self._ended(request, _unavailable(failure)) from failure

    async def _perform(
        self, request: MutationRequest, prepared: PreparedCommand, deadline: Deadline
    ) -> ForwardedAnswer:
        """Run from commit 1 to the answer. Nothing the client does reaches in here."""
        new = self._new_claim(request, prepared)
        with self._spans.commit("claim", new.action, new.scope, new.origin):
            claim = await self._claims.claim(new)
        if claim.outcome != "claimed":
            return self._known(request, claim)
        claimed = ClaimedAction(
            action=request.action,
            held=HeldClaim(scope=new.scope, owner_token=new.owner_token, attempt=claim.attempt),
            activity_id=new.activity_id,
            property_id=new.property_id,
            resource_id=new.resource_id,
            origin=new.origin,
        )
        call = MutationCall(scope=request.call_scope(deadline), upstream_key=new.upstream_key)
        return await self._act(request, claimed, prepared.command, call)

    async def _act(
        self,
        request: MutationRequest,
        claimed: ClaimedAction,
        command: bytes,
        call: MutationCall,
    ) -> ForwardedAnswer:
        performer = self._performers[claimed.action.name]
        grace = call.scope.deadline.remaining_seconds() + DEADLINE_GRACE_SECONDS
        try:
            async with asyncio.timeout(grace):
                result = await performer.perform(command, call)
        except ServiceError as refusal:
            commit = self._settlement.refused(claimed, refusal, "request")
            return await self._settled(request, claimed, commit, "refused")
        except UpstreamFailure as failure:
            if has_surely_not_acted(failure):
                return await self._released(request, claimed, failure)
            return await self._unknown(request, claimed)
        except TimeoutError:
            return await self._unknown(request, claimed)
        except Exception:
            # A mistake of ours after the claim: the upstream may have acted all the same.
            await self._unknown(request, claimed)
            raise
        commit = self._settlement.succeeded(claimed, result, "request")
        return await self._settled(request, claimed, commit, "succeeded")

    async def _settled(
        self,
        request: MutationRequest,
        claimed: ClaimedAction,
        commit: Awaitable[MutationAnswer | None],
        outcome: str,
    ) -> ForwardedAnswer:
        try:
            answer = await commit
        except StoreUnavailable:
            answer = None
        if answer is None:
            # Definite upstream, but not written down: the reconciler will read it there.
            return self._pending(request, claimed.activity_id)
        # Before the answer: whoever looks next must not be shown what was true before.
        await self._views.invalidate(
            request.caller.tenant_id, request.property_id, request.action.changes
        )
        self._observe(request, outcome)
        return ForwardedAnswer(answer=answer)

    async def _released(
        self, request: MutationRequest, claimed: ClaimedAction, failure: UpstreamFailure
    ) -> ForwardedAnswer:
        try:
            is_released = await self._claims.release(claimed.held, NOT_SENT)
        except StoreUnavailable:
            is_released = False
        if not is_released:
            # The claim stands, so the reconciler may still perform it: that is not a 503.
            return self._pending(request, claimed.activity_id)
        raise self._ended(request, _unavailable(failure)) from failure

    async def _unknown(self, request: MutationRequest, claimed: ClaimedAction) -> ForwardedAnswer:
        # Where even that fails, the reconciler finds the claim when its lease ends.
        with contextlib.suppress(StoreUnavailable):
            await self._claims.defer(claimed.held, SETTLE_AFTER_SECONDS)
        return self._pending(request, claimed.activity_id)

    def _known(self, request: MutationRequest, known: ClaimAnswer) -> ForwardedAnswer:
        """Answer for a key that somebody has claimed before."""
        match known:
            case ClaimAnswer(outcome="key_reused"):
                raise self._ended(request, IdempotencyKeyReused())
            case ClaimAnswer(outcome="answer_erased"):
                raise self._ended(request, StoredAnswerErased())
            case ClaimAnswer(outcome="stored", sealed_answer=bytes() as sealed):
                return self._replayed(request, sealed)
            case ClaimAnswer(outcome="outcome_pending", activity_id=str() as activity_id):
                return self._pending(request, ActivityId(activity_id))
            case _:
                raise self._ended(request, IdempotencyInFlight())

    def _replayed(self, request: MutationRequest, sealed: bytes) -> ForwardedAnswer:
        try:
            answer = self._seal.open_answer(sealed, request.scope)
        except SealBroken as error:
            # Its key is gone for good: to the client the same as an answer that was erased.
            raise self._ended(request, StoredAnswerErased()) from error
        self._observe(request, "replayed")
        return ForwardedAnswer(answer=answer, is_replay=True)

    def _pending(self, request: MutationRequest, activity_id: ActivityId) -> ForwardedAnswer:
        self._observe(request, "outcome_pending")
        return ForwardedAnswer(answer=self._answers.pending(activity_id, request.path))

    def _new_claim(self, request: MutationRequest, prepared: PreparedCommand) -> NewClaim:
        scope = request.scope
        return NewClaim(
            scope=scope,
            fingerprint=request.fingerprinted.fingerprint(),
            owner_token=uuid.uuid4(),
            lease_seconds=CLAIM_LEASE_SECONDS,
            activity_id=ActivityId(f"act_{new_ulid(self._clock)}"),
            action=request.action.name,
            upstream_key=scope.upstream_key(request.action.upstream_key_form),
            property_id=request.property_id,
            resource_id=request.resource_id,
            origin=request.origin,
            sealed_command=self._seal.seal_command(prepared.command, scope),
            key_intent=prepared.key_intent,
        )

    def _ended(self, request: MutationRequest, error: ServiceError) -> ServiceError:
        self._observe(request, error.code)
        return error

    def _observe(self, request: MutationRequest, outcome: str) -> None:
        self._observer.mutation_ended(request.action.name, outcome)


def _unavailable(failure: UpstreamFailure) -> MutationUpstreamUnavailable:
    return MutationUpstreamUnavailable(
        retry_after_seconds=failure.retry_after_seconds or RETRY_AFTER_SECONDS
    )
