"""The seeded hotel group: the same everywhere, complete, and without contradictions."""

import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from upstream_simulator.clock import open_hotel_day
from upstream_simulator.identifiers import ULID, has_prefix
from upstream_simulator.seed.hotel_group import TENANTS
from upstream_simulator.seed.plant import directory_document, plant_again, plant_once
from upstream_simulator.seed.plot import Plot
from upstream_simulator.seed.stays import Stay, draw_stays
from upstream_simulator.state import Question, State, StoredObject
from upstream_simulator.upstreams.reservation_rules import STATES

ROLES = {
    "front_desk",
    "housekeeping_lead",
    "housekeeper",
    "maintenance_tech",
    "fnb_manager",
    "general_manager",
    "owner",
}


class FixedClock:
    """Always the same moment."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


NOON = FixedClock(datetime(2026, 3, 14, 12, 0, tzinfo=UTC))
A_WEEK_LATER = FixedClock(datetime(2026, 3, 21, 12, 0, tzinfo=UTC))


def planted(path: Path, clock: FixedClock = NOON) -> State:
    state = State(path)
    plant_once(state, clock)
    return state


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    return planted(tmp_path_factory.mktemp("seed") / "state.sqlite3")


def all_objects(state: State) -> list[tuple[str, ...]]:
    return state.connection.execute("SELECT * FROM objects ORDER BY upstream, id").fetchall()


def of_kind(state: State, upstream: str, kind: str) -> list[StoredObject]:
    tenants = [row[0] for row in state.connection.execute("SELECT DISTINCT tenant FROM objects")]
    return [
        found
        for tenant in tenants
        for found in state.find(Question(upstream=upstream, kind=kind, tenant=tenant))
    ]


def test_the_seed_is_the_same_on_every_machine(state: State, tmp_path: Path) -> None:
    assert all_objects(planted(tmp_path / "other.sqlite3")) == all_objects(state)


def test_ids_do_not_depend_on_the_day(state: State, tmp_path: Path) -> None:
    later = planted(tmp_path / "later.sqlite3", A_WEEK_LATER)

    def ids(each: State) -> list[tuple[str, ...]]:
        return each.connection.execute("SELECT upstream, id FROM objects ORDER BY 1, 2").fetchall()

    assert ids(later) == ids(state)
    assert all_objects(later) != all_objects(state)


def test_a_second_planting_changes_nothing_and_a_reset_undoes_changes(tmp_path: Path) -> None:
    state = planted(tmp_path / "state.sqlite3")
    before, directory = all_objects(state), directory_document(state)
    state.connection.execute("UPDATE objects SET body = '{}' WHERE upstream = 'billing'")

    plant_once(state, NOON)
    assert all_objects(state) != before
    plant_again(state, NOON)

    assert all_objects(state) == before
    assert directory_document(state) == directory


def test_the_group_has_what_a_back_office_needs(state: State) -> None:
    assert len(TENANTS) >= 3
    assert [tenant.compliance_profile for tenant in TENANTS].count("sharia") == 1
    assert max(len(tenant.properties) for tenant in TENANTS) == 2
    rooms = Counter(room.property for room in of_kind(state, "property", "room"))
    assert max(rooms.values()) == 400
    for tenant in directory_document(state):
        assert {role for person in tenant["operators"] for role in person["roles"]} == ROLES
        for person in tenant["operators"]:
            assert re.fullmatch(r"[a-z]+\.[a-z]+@[a-z-]+", person["username"])
            assert re.fullmatch(r"[A-Z2-7]{32}", person["totpSecret"])


def test_every_id_is_a_prefix_and_a_ulid(state: State) -> None:
    for _, identifier, *_ in all_objects(state):
        prefix, _, ulid = identifier.rpartition("_")
        assert re.fullmatch(r"[a-z]+(_[a-z]+)?", prefix)
        assert ULID.fullmatch(ulid)


def test_reservations_are_in_all_states_around_today(state: State) -> None:
    for tenant in TENANTS:
        for plan in tenant.properties:
            day = open_hotel_day(NOON.now(), zone_name=plan.timezone)
            stays = draw_stays(Plot(tenant=tenant, plan=plan, day=day))
            assert {"in_house", "checked_out"} <= {stay.state for stay in stays}
            assert any(stay.arrival == 0 and stay.state == "confirmed" for stay in stays)
            assert any(stay.departure == 0 and stay.state == "in_house" for stay in stays)
            assert min(stay.arrival for stay in stays) <= -30
            assert max(stay.arrival for stay in stays) == 30
    everywhere = {found.status for found in of_kind(state, "reservation", "reservation")}
    assert everywhere == STATES


def test_no_room_has_two_guests_at_once() -> None:
    tenant = TENANTS[1]
    stays = draw_stays(Plot(tenant=tenant, plan=tenant.properties[0], day="2026-03-14"))
    by_room: dict[str, list[Stay]] = {}
    for stay in stays:
        by_room.setdefault(stay.room.ulid, []).append(stay)

    for guests in by_room.values():
        assert sum(stay.is_in_the_house for stay in guests) <= 1
        ordered = sorted(guests, key=lambda stay: stay.arrival)
        for earlier, later in pairwise(ordered):
            assert earlier.departure <= later.arrival


def test_codes_are_unique_in_a_tenant_and_look_like_codes(state: State) -> None:
    reservations = of_kind(state, "reservation", "reservation")
    codes = Counter((found.tenant, found.body["code"]) for found in reservations)

    assert max(codes.values()) == 1
    assert all(re.fullmatch(r"GM-[0-9A-Z]{6}", code) for _, code in codes)


def test_guests_write_their_names_in_many_scripts(state: State) -> None:
    scripts = {
        unicodedata.name(letter).split()[0]
        for found in of_kind(state, "reservation", "guest")
        for letter in found.body["displayName"]
        if letter.isalpha()
    }

    assert {"LATIN", "ARABIC", "CYRILLIC", "CJK", "HIRAGANA", "KATAKANA"} <= scripts


def test_folios_agree_with_their_lines_and_their_reservations(state: State) -> None:
    charged: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for total, kind in ((charged, "charge"), (paid, "payment")):
        for line in of_kind(state, "billing", kind):
            total[line.parent] += int(line.body["amount"]["amountMicro"])

    for folio in of_kind(state, "billing", "folio"):
        ulid = folio.id.removeprefix("fol_")
        assert int(folio.body["totalCharges"]["amountMicro"]) == charged[ulid]
        assert int(folio.body["totalPayments"]["amountMicro"]) == paid[ulid]
        reservation = state.get("reservation", f"rsv_{folio.parent}")
        assert reservation is not None
        assert reservation.body["balance"] == folio.body["balance"]
        assert reservation.body["folioId"] == folio.id


def test_each_upstream_names_things_in_its_own_way(state: State) -> None:
    room = of_kind(state, "housekeeping", "room")[0]
    folio = of_kind(state, "billing", "folio")[0]
    order = of_kind(state, "maintenance", "work_order")[0]

    assert has_prefix("prp", room.body["propertyId"])
    assert has_prefix("rom", room.body["roomId"])
    assert has_prefix("t", folio.body["tenantId"])
    assert has_prefix("res", folio.body["reservationId"])
    assert has_prefix("prop", order.body["propertyId"])


def test_suggestions_cover_all_capabilities_and_some_are_ill_tagged(state: State) -> None:
    suggestions = of_kind(state, "ai-orchestrator", "suggestion")

    assert len({found.tag for found in suggestions}) == 7
    assert all(found.body["provenance"]["modelId"] for found in suggestions)
    tags = {tag for found in suggestions for tag in found.body["tags"]}
    assert {"alcohol", "gambling", "interest_bearing"} <= tags
    assert any(found.body["tags"] == [] for found in suggestions)


@pytest.mark.parametrize(
    ("utc", "day"),
    [("2026-03-14T22:00", "2026-03-14"), ("2026-03-14T22:45", "2026-03-15")],
)
def test_a_hotel_day_stays_open_until_the_night_audit(utc: str, day: str) -> None:
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)

    assert open_hotel_day(moment, zone_name="Asia/Kabul") == day
