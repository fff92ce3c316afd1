"""What every reservation service promises here: one suite for the fake and for the gateway."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest
from tests.fakes.mutation_path import OPERATOR, RESERVATION, ROOM
from tests.fakes.reservation_mutations import FakeReservationMutations
from tests.fakes.upstream_http import RecordingObserver, scope_for
from tests.integration.simulator.conftest import Hotel

from bff_backoffice.application.ports.reservation_mutations import (
    MutationCall,
    ReservationMutations,
)
from bff_backoffice.domain.mutation import CheckIn, ReservationIllegalTransition
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.identifiers import (
    PropertyId,
    ReservationId,
    RoomId,
    TenantId,
    new_ulid,
)
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.policy import POLICIES, UPSTREAM_NAMES
from bff_backoffice.infrastructure.upstreams.reservation_mutations import (
    ReservationMutationGateway,
)
from bff_backoffice.infrastructure.upstreams.service_identity import MountedServiceIdentity
from bff_backoffice.infrastructure.upstreams.transport import HttpTransport

CLOCK = SystemClock()


@dataclass(slots=True)
class House:
    """A reservation service, a guest who is due there, and how to call on whose account."""

    reservations: ReservationMutations
    command: CheckIn
    tenant: TenantId
    property: PropertyId
    refuse_next: Callable[[], None]
    """Makes the next action one that the service must refuse."""

    def call(self, key: str | None = None) -> MutationCall:
        scope = replace(
            scope_for(5),
            tenant_id=self.tenant,
            property_id=self.property,
            operator_id=OPERATOR,
        )
        return MutationCall(scope=scope, upstream_key=key or new_ulid(CLOCK))


@pytest.fixture
def fake_house() -> House:
    fake = FakeReservationMutations()

    def refuse_next() -> None:
        fake.decision = ReservationIllegalTransition()

    return House(
        reservations=fake,
        command=CheckIn(reservation_id=RESERVATION, room_id=ROOM),
        tenant=TenantId("tnt_1"),
        property=PropertyId("prop_1"),
        refuse_next=refuse_next,
    )


@pytest.fixture
async def simulated_house(kabul: Hotel) -> AsyncIterator[House]:
    simulator = kabul.simulator
    client = UpstreamHttpClient(
        origins={name: f"http://127.0.0.1:{simulator.ports[1]}/{name}" for name in UPSTREAM_NAMES},
        policies=POLICIES,
        identity=MountedServiceIdentity(SecretText(simulator.identity)),
        transport=HttpTransport(),
        observer=RecordingObserver(),
        clock=CLOCK,
        random=lambda: 0.5,
    )
    arrival = kabul.ready_arrival()

    def refuse_next() -> None:
        answer = kabul.check_in(arrival["id"], {}, kabul.mutation())
        assert answer.status == 200, answer.body

    yield House(
        reservations=ReservationMutationGateway(client),
        command=CheckIn(
            reservation_id=ReservationId(arrival["id"]), room_id=RoomId(arrival["roomId"])
        ),
        tenant=TenantId(f"tnt_{kabul.tenant}"),
        property=PropertyId(f"prop_{kabul.property}"),
        refuse_next=refuse_next,
    )
    await client.close()


@pytest.fixture(
    params=["fake_house", pytest.param("simulated_house", marks=pytest.mark.integration)]
)
def house(request: pytest.FixtureRequest) -> House:
    found: House = request.getfixturevalue(request.param)
    return found


async def test_a_key_acts_once_and_answers_the_same_ever_after(house: House) -> None:
    call = house.call()

    first = await house.reservations.check_in(house.command, call)
    second = await house.reservations.check_in(house.command, call)

    assert first == second
    assert (first.id, first.room_id) == (house.command.reservation_id, house.command.room_id)
    assert first.state == "checked_in"


async def test_what_a_key_did_can_be_read(house: House) -> None:
    call = house.call()
    before = await house.reservations.read_outcome(house.command.reservation_id, call)
    done = await house.reservations.check_in(house.command, call)

    after = await house.reservations.read_outcome(house.command.reservation_id, call)

    assert before is None
    assert after == done


async def test_a_refusal_is_remembered_under_its_key(house: House) -> None:
    house.refuse_next()
    call = house.call()

    with pytest.raises(ReservationIllegalTransition):
        await house.reservations.check_in(house.command, call)
    with pytest.raises(ReservationIllegalTransition):
        await house.reservations.read_outcome(house.command.reservation_id, call)


async def test_another_keys_record_is_not_this_ones(house: House) -> None:
    await house.reservations.check_in(house.command, house.call())

    assert await house.reservations.read_outcome(house.command.reservation_id, house.call()) is None


async def test_a_service_in_good_health_refuses_no_call(house: House) -> None:
    assert house.reservations.refusal() is None
