"""Locks over HTTP: bodies, queries, who may, and that what is refused has claimed nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote

import msgspec
import pytest
from tests.fakes.cursors import FakeCursors
from tests.fakes.lock_desk import LockDesk
from tests.fakes.lock_keys import LOCK
from tests.fakes.manual_clock import START
from tests.fakes.mutation_path import FACTS, KEY, PROPERTY, RESERVATION, ROOM, principal

from bff_backoffice.application.access.refusals import ScopeUnresolved
from bff_backoffice.application.lock_audit.read_lock_audit import ReadLockAudit
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.workbench.locks import ReadLocks
from bff_backoffice.domain.lock import LockLine, LockNotFound, LockPage
from bff_backoffice.domain.lock_audit import GENESIS, AuditEntry
from bff_backoffice.domain.mutation import MutationStoreUnavailable
from bff_backoffice.domain.workbench import CursorRefused, ViewUnavailable
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import LockId, PropertyId, RoomId, TenantId
from bff_backoffice.presentation.http import Answer, MalformedBody, MalformedQuery, Request
from bff_backoffice.presentation.middleware.authorization import authorize_request
from bff_backoffice.presentation.routes.locks import LockRoutes
from bff_backoffice.presentation.routing import BASE_PATH, PropertyScope

BODY = {
    "reservationId": RESERVATION,
    "kind": "mobile_app",
    "validFrom": "2026-03-14T12:00:00Z",
    "validUntil": "2026-03-16T12:00:00+04:30",
    "areas": ["Gym"],
}
LINE = LockLine(
    id=LOCK, name="Room 101", vendor="ttlock", health="ok", supported_kinds=("pin_code",),
    room_id=ROOM,
)  # fmt: skip


@dataclass(slots=True)
class FixedLocks:
    """Implements LockLists with one lock on each of two pages."""

    asked: list[tuple[RoomId | None, int, str | None]] = field(
        default_factory=list[tuple[RoomId | None, int, str | None]]
    )
    failure: UpstreamFailure | None = None

    async def locks(
        self, scope: CallScope, *, room_id: RoomId | None, limit: int, place: str | None
    ) -> LockPage:
        self.asked.append((room_id, limit, place))
        if self.failure is not None:
            raise self.failure
        return LockPage(items=(LINE,), next_place="their-cursor" if place is None else None)


def row(seq: int) -> AuditEntry:
    return AuditEntry(
        tenant_id="tnt_1", seq=seq, recorded_at=START, audit_id="lap_1", phase="outcome",
        activity_id="act_1", action="lock.issue_key", lock_id=LOCK, reservation_id=RESERVATION,
        property_id=PROPERTY, operator_id="opr_1", device_id="dev_1", session_id="bos_1",
        request_id="req_1", vendor="salto", kind="rfid_card", valid_from=START,
        valid_until=START + timedelta(days=1), areas=(), attempt=1, outcome="refused",
        refusal_code="lock.not_reachable", credential_id=None, settled_by="request",
        prev_hash=GENESIS, hash=GENESIS,
    )  # fmt: skip


@dataclass(slots=True)
class FixedAudits:
    """Implements LockAudits with three rows."""

    is_down: bool = False
    asked: list[int | None] = field(default_factory=list[int | None])

    async def of_lock(
        self,
        tenant_id: TenantId,
        property_id: PropertyId,
        lock_id: LockId,
        *,
        before_seq: int | None,
        limit: int,
    ) -> Sequence[AuditEntry]:
        self.asked.append(before_seq)
        if self.is_down:
            raise StoreUnavailable("test")
        rows = [row(seq) for seq in (3, 2, 1) if before_seq is None or seq < before_seq]
        return rows[:limit]


@dataclass(slots=True)
class Door:
    """The routes over a desk in the test's hand."""

    desk: LockDesk = field(default_factory=LockDesk)
    lists: FixedLocks = field(default_factory=FixedLocks)
    audits: FixedAudits = field(default_factory=FixedAudits)

    @property
    def routes(self) -> LockRoutes:
        return LockRoutes(
            read_locks=ReadLocks(self.lists, FakeCursors()),
            issue_guest_key=self.desk.path.issue_key,
            read_lock_audit=ReadLockAudit(self.audits, FakeCursors()),
        )

    async def issue(self, body: object, *, lock_id: str = LOCK) -> Answer:
        request = self.request(f"/locks/{lock_id}/issue-key", lock_id=lock_id)
        request.body = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await self.routes.post_issue_key(request)

    async def list(self, query: str = "") -> Answer:
        return await self.routes.get_locks(self.request("/locks", query=query))

    async def audit(self, query: str = "", *, lock_id: str = LOCK) -> Answer:
        path = f"/locks/{lock_id}/audit"
        return await self.routes.get_audit(self.request(path, query=query, lock_id=lock_id))

    def request(self, path: str, *, query: str = "", lock_id: str = LOCK) -> Request:
        request = Request(
            method="POST",
            path=BASE_PATH + path,
            query_string=query,
            headers={},
            repeated_headers=frozenset(),
            client_address="127.0.0.1",
            facts=FACTS,
            deadline=Deadline.after(8, self.desk.clock),
        )
        request.path_parameters = {"lock_id": lock_id}
        request.authenticated, request.property_scope, request.key = principal(), PROPERTY, KEY
        return request


@pytest.fixture
def door() -> Door:
    return Door()


async def test_an_issued_key_is_created_with_its_audit_and_activity(door: Door) -> None:
    answer = await door.issue(BODY)

    body = msgspec.json.decode(answer.body)
    assert answer.status == 201
    assert set(body) == {"credential", "auditId", "activityId"}
    assert set(body["credential"]) == {"id", "kind", "state", "vendor"}
    assert body["auditId"].startswith("lap_")
    assert body["activityId"].startswith("act_")


async def test_a_lost_answer_says_where_to_ask(door: Door) -> None:
    door.desk.locks.failures = [("after_acting", "timeout")]

    answer = await door.issue(BODY)

    body = msgspec.json.decode(answer.body)
    assert (answer.status, body["status"]) == (202, "outcome_pending")
    assert body["statusUrl"] == f"{BASE_PATH}/activities/{body['activityId']}"


@pytest.mark.parametrize(
    "change",
    [
        {"reservationId": "rsv_1"},
        {"kind": "skeleton_key"},
        {"validFrom": "2026-03-14"},
        {"validFrom": "2026-03-14T12:00:00"},
        {"validUntil": 7},
        {"areas": ["x"] * 11},
        {"areas": [""]},
        {"areas": ["x" * 65]},
        {"vendor": "salto"},
        {"reservationId": None},
    ],
)
async def test_a_body_that_is_none_is_refused_and_nothing_is_claimed(
    door: Door, change: dict[str, object]
) -> None:
    with pytest.raises(MalformedBody):
        await door.issue({**BODY, **change})

    assert door.desk.claims.rows == {}
    assert door.desk.locks.calls == []


async def test_an_id_that_is_none_is_a_lock_not_found(door: Door) -> None:
    for lock_id in ("x", "lck_1", f"rsv_{LOCK[4:]}"):
        with pytest.raises(LockNotFound):
            await door.issue(BODY, lock_id=lock_id)
        with pytest.raises(LockNotFound):
            await door.audit(lock_id=lock_id)

    assert door.desk.claims.rows == {}


async def test_each_route_asks_for_what_it_needs(door: Door) -> None:
    rows = {(route.method, route.path): route for route in door.routes.rows()}

    issue = rows["POST", "/locks/{lock_id}/issue-key"]
    audit = rows["GET", "/locks/{lock_id}/audit"]
    assert issue.roles == {"front_desk", "general_manager", "owner"}
    assert issue.needs_idempotency_key
    assert issue.needs_resolved_scope
    assert audit.roles == {"general_manager", "owner"}
    assert {route.property_scope for route in rows.values()} == {PropertyScope.REQUIRED}


async def test_a_scope_that_is_not_known_yet_opens_no_door_but_reads(door: Door) -> None:
    listing, issue, _ = door.routes.rows()
    request = door.request("/locks")
    request.authenticated = replace(principal(), is_scope_resolved=False)

    authorize_request(request, listing)
    with pytest.raises(ScopeUnresolved):
        authorize_request(request, issue)


async def test_the_locks_of_a_room_are_listed_page_by_page(door: Door) -> None:
    first = msgspec.json.decode((await door.list(f"roomId={ROOM}&limit=1")).body)
    cursor = quote(first["nextCursor"])
    last = msgspec.json.decode((await door.list(f"roomId={ROOM}&limit=1&cursor={cursor}")).body)

    assert first["items"] == [
        {
            "id": LOCK, "name": "Room 101", "vendor": "ttlock", "health": "ok",
            "supportedKinds": ["pin_code"], "roomId": ROOM,
        }
    ]  # fmt: skip
    assert last["nextCursor"] is None
    assert door.lists.asked == [(ROOM, 1, None), (ROOM, 1, "their-cursor")]


@pytest.mark.parametrize("query", ["roomId=1", "limit=0", "limit=101", "limit=x", "color=red"])
async def test_a_query_that_is_none_is_refused_and_nobody_is_asked(door: Door, query: str) -> None:
    with pytest.raises(MalformedQuery):
        await door.list(query)

    assert door.lists.asked == []


async def test_locks_that_cannot_be_had_and_a_made_up_cursor_have_refusals(door: Door) -> None:
    with pytest.raises(CursorRefused):
        await door.list("cursor=made-up")
    with pytest.raises(CursorRefused):
        await door.audit("cursor=made-up")
    door.lists.failure = UpstreamFailure(upstream="lock-integration", reason="timeout")
    with pytest.raises(ViewUnavailable):
        await door.list()


async def test_a_locks_ledger_is_read_page_by_page_with_registered_codes(door: Door) -> None:
    first = msgspec.json.decode((await door.audit("limit=2")).body)
    cursor = quote(first["nextCursor"])
    rest = msgspec.json.decode((await door.audit(f"limit=2&cursor={cursor}")).body)

    assert [line["seq"] for line in first["items"] + rest["items"]] == [3, 2, 1]
    assert first["items"][0]["code"] == "MELMASTOON.BFF.BACKOFFICE.LOCK_NOT_REACHABLE"
    assert "refusalCode" not in first["items"][0]
    assert rest["nextCursor"] is None
    assert door.audits.asked == [None, 2]


async def test_without_a_database_the_ledger_is_asked_again_later(door: Door) -> None:
    door.audits.is_down = True

    with pytest.raises(MutationStoreUnavailable):
        await door.audit()
