"""The mutation path, put together for the API and for the worker."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.messaging.events import EventWriter
from bff_backoffice.application.mutations.answers import AnswerSeal
from bff_backoffice.application.mutations.check_in import CheckGuestIn, PerformCheckIn
from bff_backoffice.application.mutations.choose_room import ChooseRoom
from bff_backoffice.application.mutations.forward import ForwardMutation
from bff_backoffice.application.mutations.issue_key import IssueGuestKey, PerformIssueKey
from bff_backoffice.application.mutations.performing import Performer
from bff_backoffice.application.mutations.read_activity import ReadActivity
from bff_backoffice.application.mutations.running import RunningMutations
from bff_backoffice.application.mutations.settle_unknown import SettleUnknown
from bff_backoffice.application.mutations.settlement import Settlement
from bff_backoffice.application.ports.mutation_claims import MutationClaims
from bff_backoffice.application.ports.view_invalidation import ViewInvalidation
from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.activities import PostgresActivities
from bff_backoffice.infrastructure.postgres.database import Database
from bff_backoffice.infrastructure.postgres.mutation_claims import PostgresMutationClaims
from bff_backoffice.infrastructure.signing.stored_answer_cipher import (
    KEY_BYTES,
    AesGcmStoredAnswerCipher,
)
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.lock_keys import LockKeyGateway
from bff_backoffice.infrastructure.upstreams.reservation_mutations import (
    ReservationMutationGateway,
)
from bff_backoffice.infrastructure.upstreams.room_choice import RoomChoiceGateway
from bff_backoffice.presentation.mutation_answers import MutationAnswers
from bff_backoffice.telemetry.mutation_telemetry import MutationTelemetry

STORED_ANSWER_KEY: Final = "BFF_STORED_ANSWER_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationParts:
    """What the mutation path leans on, whoever runs it."""

    database: Database
    upstreams: UpstreamHttpClient
    stored_answer_key: SecretText
    producer_instance: str
    observer: MutationTelemetry
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationServices:
    """The API's use cases. `running` is drained before anything else is taken down."""

    check_guest_in: CheckGuestIn
    issue_guest_key: IssueGuestKey
    read_activity: ReadActivity
    running: RunningMutations


def build_mutation_services(parts: MutationParts, views: ViewInvalidation) -> MutationServices:
    """Build the API's side. Raises SettingsRefused for a key that is none."""
    claims = PostgresMutationClaims(parts.database)
    seal = _seal(parts)
    running = RunningMutations()
    rooms = RoomChoiceGateway(parts.upstreams)
    keys = LockKeyGateway(parts.upstreams)
    forward = ForwardMutation(
        claims=claims,
        settlement=_settlement(parts, claims, seal),
        performers=_performers(parts),
        seal=seal,
        answers=MutationAnswers(),
        running=running,
        views=views,
        observer=parts.observer,
        clock=parts.clock,
        spans=parts.observer,
    )
    return MutationServices(
        check_guest_in=CheckGuestIn(forward, ChooseRoom(stays=rooms, ready=rooms, types=rooms)),
        issue_guest_key=IssueGuestKey(forward, doors=keys, stays=keys, keys=keys),
        read_activity=ReadActivity(PostgresActivities(parts.database)),
        running=running,
    )


def build_reconciler(parts: MutationParts, views: ViewInvalidation) -> SettleUnknown:
    """Build the worker's side. Raises SettingsRefused for a key that is none."""
    claims = PostgresMutationClaims(parts.database)
    seal = _seal(parts)
    return SettleUnknown(
        claims=claims,
        settlement=_settlement(parts, claims, seal),
        performers=_performers(parts),
        seal=seal,
        views=views,
        observer=parts.observer,
        clock=parts.clock,
    )


def stored_answer_cipher(keys: SecretText) -> AesGcmStoredAnswerCipher:
    """Read one key, or several with commas between: the first seals, all of them open."""
    try:
        return AesGcmStoredAnswerCipher(
            tuple(_decoded(key.strip()) for key in keys.reveal().split(","))
        )
    except ValueError:
        raise SettingsRefused(
            f"{STORED_ANSWER_KEY} is not {KEY_BYTES} bytes in base64url"
        ) from None


def _decoded(key: str) -> bytes:
    return urlsafe_b64decode(key + "=" * (-len(key) % 4))


def _seal(parts: MutationParts) -> AnswerSeal:
    return AnswerSeal(stored_answer_cipher(parts.stored_answer_key))


def _performers(parts: MutationParts) -> Mapping[str, Performer]:
    performers: tuple[Performer, ...] = (
        PerformCheckIn(ReservationMutationGateway(parts.upstreams)),
        PerformIssueKey(LockKeyGateway(parts.upstreams)),
    )
    return {performer.action.name: performer for performer in performers}


def _settlement(parts: MutationParts, claims: MutationClaims, seal: AnswerSeal) -> Settlement:
    return Settlement(
        claims=claims,
        seal=seal,
        answers=MutationAnswers(),
        events=EventWriter(parts.producer_instance, parts.clock),
        clock=parts.clock,
        spans=parts.observer,
    )
