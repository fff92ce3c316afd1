"""Settle what nobody knows the outcome of: read first, ask again only while it may still help.

Claims get here when an answer was lost, when commit 2 failed, or when their holder died. Taking
one over fences the old holder. The upstream's record under our key decides: there is one, and
it says what happened; or there is none, and the action is sent again with the same key while it
is young, and is settled as not performed when it is not. Who cannot be read is asked later,
and after an hour left to a person.
"""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.mutations.answers import AnswerSeal
from bff_backoffice.application.mutations.catalogue import Action
from bff_backoffice.application.mutations.forward import MutationObserver
from bff_backoffice.application.mutations.performing import Performer, Result
from bff_backoffice.application.mutations.settlement import ClaimedAction, Settlement
from bff_backoffice.application.ports.mutation_claims import UnsettledClaim, UnsettledClaims
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.stored_answer_cipher import SealBroken
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.view_invalidation import ViewInvalidation
from bff_backoffice.domain.idempotency import IdempotencyScope
from bff_backoffice.domain.mutation import MutationNotPerformed
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.errors import ServiceError

BATCH_MAX: Final = 50
AT_ONCE_MAX: Final = 8
LEASE_SECONDS: Final = 30
CALL_SECONDS_MAX: Final = 4.0
POSTPONE_SECONDS_MAX: Final = 60.0
PARK_AFTER_SECONDS: Final = 3600.0
LATE_ARRIVAL_SECONDS: Final = 30.0
"""How long after its last possible sending a request may still arrive upstream: only then does
a missing record mean that nothing will happen any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleReport:
    """What one round did."""

    found: int
    settled: int
    postponed: int
    parked: int


class _NotYet(Exception):  # noqa: N818 - a state, told to the caller a few lines above
    """The outcome cannot be known just now."""


class SettleUnknown:
    """The reconciler. Several may run: a claim has one holder."""

    def __init__(  # noqa: PLR0913 - its parts, all by name
        self,
        *,
        claims: UnsettledClaims,
        settlement: Settlement,
        performers: Mapping[str, Performer],
        seal: AnswerSeal,
        views: ViewInvalidation,
        observer: MutationObserver,
        clock: Clock,
    ) -> None:
        self._claims = claims
        self._settlement = settlement
        self._performers = performers
        self._seal = seal
        self._views = views
        self._observer = observer
        self._clock = clock

    async def run_once(self) -> SettleReport:
        """Settle what is due. Raises StoreUnavailable when not even that can be found out."""
        due = await self._claims.find_unsettled(BATCH_MAX)
        gate = asyncio.Semaphore(AT_ONCE_MAX)

        async def one(scope: IdempotencyScope) -> str:
            async with gate:
                try:
                    return await self._settle(scope)
                except StoreUnavailable:
                    return "postponed"  # Its lease ends by itself.

        outcomes = await asyncio.gather(*(one(scope) for scope in due))
        return SettleReport(
            found=len(due),
            settled=sum(outcome in _SETTLED for outcome in outcomes),
            postponed=outcomes.count("postponed"),
            parked=outcomes.count("parked"),
        )

    async def _settle(self, scope: IdempotencyScope) -> str:
        claim = await self._claims.take_over(scope, uuid.uuid4(), LEASE_SECONDS)
        if claim is None:
            return "taken"
        performer = self._performers.get(claim.action)
        if performer is None:
            # An action of another release: that one's worker settles it.
            return await self._postponed(claim)
        claimed = _claimed(claim, performer.action)
        try:
            outcome = await self._find_out(claim, performer)
        except _NotYet:
            if claim.age_seconds < PARK_AFTER_SECONDS:
                return await self._postponed(claim)
            is_parked = await self._settlement.parked(claimed)
            return self._observed(claim, "parked" if is_parked else "taken")
        return await self._write(claim, claimed, outcome)

    async def _write(
        self, claim: UnsettledClaim, claimed: ClaimedAction, outcome: Result | ServiceError
    ) -> str:
        if isinstance(outcome, MutationNotPerformed):
            answer = await self._settlement.not_performed(claimed, outcome)
            word = "not_performed"
        elif isinstance(outcome, ServiceError):
            answer = await self._settlement.refused(claimed, outcome, "reconciler")
            word = "refused"
        else:
            answer = await self._settlement.succeeded(claimed, outcome, "reconciler")
            word = "succeeded"
        if answer is None:
            return self._observed(claim, "taken")
        await self._views.invalidate(
            claim.held.scope.tenant_id, claim.property_id, claimed.action.changes
        )
        return self._observed(claim, word)

    async def _find_out(self, claim: UnsettledClaim, performer: Performer) -> Result | ServiceError:
        """Return the outcome. Raises _NotYet when it cannot be known now."""
        try:
            recorded = await performer.read(claim.resource_id, self._call(claim, CALL_SECONDS_MAX))
        except ServiceError as refusal:
            return refusal
        except UpstreamFailure as failure:
            raise _NotYet from failure
        if recorded is not None:
            return recorded
        life_left = performer.action.asks_again_seconds - claim.age_seconds
        if life_left > 0:
            return await self._ask_again(claim, performer, life_left)
        if life_left > -LATE_ARRIVAL_SECONDS:
            raise _NotYet
        return MutationNotPerformed()

    async def _ask_again(
        self, claim: UnsettledClaim, performer: Performer, life_left: float
    ) -> Result | ServiceError:
        if claim.sealed_command is None:
            raise _NotYet
        try:
            command = self._seal.open_command(claim.sealed_command, claim.held.scope)
            call = self._call(claim, min(CALL_SECONDS_MAX, life_left))
            return await performer.perform(command, call)
        except ServiceError as refusal:
            return refusal
        except (UpstreamFailure, SealBroken) as failure:
            raise _NotYet from failure

    async def _postponed(self, claim: UnsettledClaim) -> str:
        seconds = min(2.0 ** min(claim.settle_attempts, 10), POSTPONE_SECONDS_MAX)
        await self._claims.defer(claim.held, seconds)
        return "postponed"

    def _call(self, claim: UnsettledClaim, seconds: float) -> MutationCall:
        return MutationCall(
            scope=CallScope(
                tenant_id=claim.held.scope.tenant_id,
                property_id=claim.property_id,
                deadline=Deadline.after(seconds, self._clock),
                operator_id=claim.held.scope.operator_id,
                request_id=claim.origin.request_id,
                traceparent=claim.origin.traceparent,
            ),
            upstream_key=claim.upstream_key,
        )

    def _observed(self, claim: UnsettledClaim, outcome: str) -> str:
        self._observer.mutation_ended(claim.action, f"reconciled_{outcome}")
        return outcome


_SETTLED: Final = frozenset({"succeeded", "refused", "not_performed"})


def _claimed(claim: UnsettledClaim, action: Action) -> ClaimedAction:
    return ClaimedAction(
        action=action,
        held=claim.held,
        activity_id=claim.activity_id,
        property_id=claim.property_id,
        resource_id=claim.resource_id,
        origin=claim.origin,
    )
