"""The whole mutation path over fakes: as `bootstrap/mutations.py` builds it, minus the outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from tests.fakes.manual_clock import START, ManualClock
from tests.fakes.mutation_claims import FakeMutationClaims
from tests.fakes.reservation_mutations import FakeReservationMutations

from bff_backoffice.application.messaging.events import EventWriter
from bff_backoffice.application.mutations.answers import AnswerSeal
from bff_backoffice.application.mutations.check_in import (
    CheckGuestIn,
    CheckInRequest,
    PerformCheckIn,
)
from bff_backoffice.application.mutations.choose_room import ChooseRoom
from bff_backoffice.application.mutations.forward import ForwardMutation
from bff_backoffice.application.mutations.running import RunningMutations
from bff_backoffice.application.mutations.settle_unknown import SettleUnknown
from bff_backoffice.application.mutations.settlement import Settlement
from bff_backoffice.application.ports.mutation_claims import UnsettledClaims
from bff_backoffice.application.ports.reservation_mutations import ReservationMutations
from bff_backoffice.application.ports.room_choice import (
    NumberedRoom,
    ReadyRooms,
    RoomTypes,
    StayRoom,
    StayRooms,
)
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.identifiers import (
    DeviceId,
    IamSessionId,
    IdempotencyKey,
    OperatorId,
    PropertyId,
    RequestId,
    ReservationId,
    RoomId,
    SessionId,
    TenantId,
)
from bff_backoffice.infrastructure.signing.stored_answer_cipher import AesGcmStoredAnswerCipher
from bff_backoffice.presentation.mutation_answers import MutationAnswers

_ULID = "01HZX8QJ5T9W2V4Y6B8D0F2H"
TENANT = TenantId(f"tnt_{_ULID}4K")
OTHER_TENANT = TenantId(f"tnt_{_ULID}4M")
OPERATOR = OperatorId(f"opr_{_ULID}4K")
PROPERTY = PropertyId(f"prop_{_ULID}4K")
RESERVATION = ReservationId(f"rsv_{_ULID}4K")
ROOM = RoomId(f"rmu_{_ULID}4K")
OTHER_ROOM = RoomId(f"rmu_{_ULID}4M")
KEY = IdempotencyKey(f"{_ULID}7P")
STORED_ANSWER_KEY = b"k" * 32


def principal(tenant_id: TenantId = TENANT, operator_id: OperatorId = OPERATOR) -> Principal:
    """Return a clerk of that tenant."""
    return Principal(
        tenant_id=tenant_id,
        operator_id=operator_id,
        device_id=DeviceId(f"dev_{_ULID}4K"),
        session_id=SessionId(f"bos_{_ULID}4K"),
        iam_session_id=IamSessionId(f"ses_{_ULID}4K"),
        roles=frozenset({"front_desk"}),
        property_ids=frozenset({PROPERTY}),
        is_scope_resolved=True,
        primary_property_id=PROPERTY,
        locale="en",
        token_expires_at=START + timedelta(minutes=15),
        session_expires_at=START + timedelta(hours=12),
    )


FACTS = RequestFacts(
    request_id=RequestId(f"req_{_ULID}4K"),
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    received_at=START,
    app_version="1.4.2",
    app_platform="win32",
)


def check_in_request(  # noqa: PLR0913 - one field of the request each, all by name
    *,
    key: IdempotencyKey = KEY,
    caller: Principal | None = None,
    reservation_id: ReservationId = RESERVATION,
    property_id: PropertyId = PROPERTY,
    room_id: RoomId | None = ROOM,
    note: str | None = None,
    query: dict[str, str] | None = None,
) -> CheckInRequest:
    """Return the request of a clerk at the desk."""
    path = f"/reservations/{reservation_id}/check-in"
    return CheckInRequest(
        caller=caller or principal(),
        facts=FACTS,
        key=key,
        property_id=property_id,
        reservation_id=reservation_id,
        room_id=room_id,
        is_document_verified=True,
        note=note,
        path="/bff/backoffice/v1" + path,
        path_below_base=path,
        query=query or {},
        body={"roomId": room_id, "documentVerified": True, "note": note},
    )


class RoomSources(StayRooms, ReadyRooms, RoomTypes, Protocol):
    """All that a choice of room is made from."""


@dataclass(slots=True)
class FakeRooms:
    """Implements StayRooms, ReadyRooms and RoomTypes."""

    stay: StayRoom | None = field(
        default_factory=lambda: StayRoom(room_id=ROOM, room_type_id="rmt_double")
    )
    ready: list[RoomId] = field(default_factory=list[RoomId])
    types: dict[RoomId, str] = field(default_factory=dict[RoomId, str])
    failure: UpstreamFailure | None = None
    ready_failure: Exception | None = None
    asked: int = 0
    on_asked: Callable[[], None] | None = None

    async def stay_room(self, reservation_id: ReservationId, scope: CallScope) -> StayRoom:
        self._ask()
        if self.stay is None:
            raise NotFoundUpstream("reservation")
        return self.stay

    async def ready_rooms(self, scope: CallScope) -> list[NumberedRoom]:
        self._ask()
        if self.ready_failure is not None:
            raise self.ready_failure
        return [NumberedRoom(id=room_id, number=room_id[-2:]) for room_id in self.ready]

    async def room_types(self, scope: CallScope) -> dict[RoomId, str]:
        self._ask()
        return self.types

    def _ask(self) -> None:
        self.asked += 1
        if self.on_asked is not None:
            self.on_asked()
        if self.failure is not None:
            raise self.failure


@dataclass(slots=True)
class RecordedOutcomes:
    """Implements MutationObserver."""

    seen: list[str] = field(default_factory=list[str])

    def mutation_ended(self, action: str, outcome: str) -> None:
        self.seen.append(outcome)


@dataclass(slots=True)
class RecordedChanges:
    """Implements ViewInvalidation."""

    topics: list[str] = field(default_factory=list[str])

    async def invalidate(
        self, tenant_id: TenantId, property_id: PropertyId, topics: Sequence[str]
    ) -> None:
        self.topics.extend(f"{tenant_id}/{property_id}/{topic}" for topic in topics)


@dataclass(slots=True)
class MutationPath:
    """One instance of the service, as far as actions go."""

    claims: UnsettledClaims
    reservations: ReservationMutations
    rooms: FakeRooms
    outcomes: RecordedOutcomes
    changes: RecordedChanges
    running: RunningMutations
    check_in: CheckGuestIn
    reconciler: SettleUnknown


def mutation_path(
    *,
    claims: UnsettledClaims,
    reservations: ReservationMutations,
    clock: Clock,
    under_way_max: int = 128,
    real_rooms: RoomSources | None = None,
) -> MutationPath:
    """Put the path together; rooms are chosen from a fake unless real sources are given."""
    seal = AnswerSeal(AesGcmStoredAnswerCipher((STORED_ANSWER_KEY,)))
    answers = MutationAnswers()
    settlement = Settlement(
        claims=claims,
        seal=seal,
        answers=answers,
        events=EventWriter("test-instance", clock),
        clock=clock,
    )
    performer = PerformCheckIn(reservations)
    performers = {performer.action.name: performer}
    outcomes, changes = RecordedOutcomes(), RecordedChanges()
    running = RunningMutations(under_way_max)
    rooms = FakeRooms()
    choosing: RoomSources = real_rooms or rooms
    forward = ForwardMutation(
        claims=claims,
        settlement=settlement,
        performers=performers,
        seal=seal,
        answers=answers,
        running=running,
        views=changes,
        observer=outcomes,
        clock=clock,
    )
    reconciler = SettleUnknown(
        claims=claims,
        settlement=settlement,
        performers=performers,
        seal=seal,
        views=changes,
        observer=outcomes,
        clock=clock,
    )
    return MutationPath(
        claims=claims,
        reservations=reservations,
        rooms=rooms,
        outcomes=outcomes,
        changes=changes,
        running=running,
        check_in=CheckGuestIn(forward, ChooseRoom(stays=choosing, ready=choosing, types=choosing)),
        reconciler=reconciler,
    )


@dataclass(slots=True)
class FakeDesk:
    """A path over fakes, with the fakes at hand."""

    clock: ManualClock = field(default_factory=ManualClock)
    claims: FakeMutationClaims = field(init=False)
    reservations: FakeReservationMutations = field(default_factory=FakeReservationMutations)
    path: MutationPath = field(init=False)

    def __post_init__(self) -> None:
        self.claims = FakeMutationClaims(self.clock)
        self.path = mutation_path(
            claims=self.claims, reservations=self.reservations, clock=self.clock
        )
