"""Door locks: what there is, a key for a guest, and what was done."""

from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.lock_audit.read_lock_audit import AuditEntry, ReadLockAudit
from bff_backoffice.application.mutations.catalogue import LOCK_ISSUE_KEY
from bff_backoffice.application.mutations.issue_key import IssueGuestKey, IssueKeyRequest
from bff_backoffice.application.workbench.locks import ReadLocks
from bff_backoffice.foundation.clock import rfc3339
from bff_backoffice.foundation.identifiers import LockId, ReservationId, RoomId, is_identifier
from bff_backoffice.foundation.strict_json import parse_object
from bff_backoffice.presentation.http import Answer, MalformedQuery, Request, json_answer
from bff_backoffice.presentation.mutation_answers import http_answer
from bff_backoffice.presentation.problems import PROBLEMS
from bff_backoffice.presentation.routes.mutations import (
    MUTATION_REFUSALS,
    MUTATION_SECONDS_MAX,
    below_base,
)
from bff_backoffice.presentation.routing import (
    FRONT_DESK,
    GENERAL_MANAGER,
    OWNER,
    AnswerShape,
    PropertyScope,
    Route,
)
from bff_backoffice.presentation.schemas.locks import (
    AuditLine,
    IssuedKeyBody,
    IssueKeyBody,
    LockAuditBody,
    LocksPage,
)
from bff_backoffice.presentation.schemas.mutations import PendingBody

READ_SECONDS_MAX: Final = 3.0
PAGE_ITEMS_MAX: Final = 100
PAGE_ITEMS_DEFAULT: Final = 50
LOCK_LIST_ROLES: Final = frozenset({FRONT_DESK, GENERAL_MANAGER, OWNER, "maintenance_tech"})
LOCK_AUDIT_ROLES: Final = frozenset({GENERAL_MANAGER, OWNER})
ISSUE_KEY_REFUSALS: Final = (
    *MUTATION_REFUSALS,
    "lock.kind_unsupported",
    "lock.not_found",
    "lock.not_reachable",
    "lock.rejected",
    "lock.reservation_not_checked_in",
    "lock.room_mismatch",
    "lock.validity_invalid",
    "reservation.not_found",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRoutes:
    """Translates; the use cases decide."""

    read_locks: ReadLocks
    issue_guest_key: IssueGuestKey
    read_lock_audit: ReadLockAudit

    def rows(self) -> list[Route]:
        """Return the routes of this family."""
        return [
            Route(
                method="GET",
                path="/locks",
                handler=self.get_locks,
                roles=LOCK_LIST_ROLES,
                property_scope=PropertyScope.REQUIRED,
                seconds_max=READ_SECONDS_MAX,
                query_fields=("cursor", "limit", "roomId"),
                answers=(AnswerShape(body=LocksPage, meaning="One page."),),
                refusals=("upstream.unavailable",),
            ),
            Route(
                method=LOCK_ISSUE_KEY.method,
                path=LOCK_ISSUE_KEY.route,
                handler=self.post_issue_key,
                lock_action=LOCK_ISSUE_KEY.name.removeprefix("lock."),
                roles=LOCK_ISSUE_KEY.roles,
                property_scope=PropertyScope.REQUIRED,
                needs_idempotency_key=True,
                needs_resolved_scope=True,
                reads_body=True,
                seconds_max=MUTATION_SECONDS_MAX,
                request_body=IssueKeyBody,
                answers=(
                    AnswerShape(status=201, body=IssuedKeyBody, meaning="The key is issued."),
                    AnswerShape(status=202, body=PendingBody, meaning="Not known yet; ask again."),
                ),
                refusals=ISSUE_KEY_REFUSALS,
            ),
            Route(
                method="GET",
                path="/locks/{lock_id}/audit",
                handler=self.get_audit,
                roles=LOCK_AUDIT_ROLES,
                property_scope=PropertyScope.REQUIRED,
                seconds_max=READ_SECONDS_MAX,
                query_fields=("cursor", "limit"),
                answers=(AnswerShape(body=LockAuditBody, meaning="One page."),),
                refusals=("lock.not_found", "mutation.store_unavailable"),
            ),
        ]

    async def get_locks(self, request: Request) -> Answer:
        """Return the property's locks, or one room's."""
        query = _query(request, {"cursor", "limit", "roomId"})
        room_id = query.get("roomId")
        if room_id is not None and not is_identifier(room_id, "rmu"):
            raise MalformedQuery(fields=(("roomId", "invalid"),))
        page = await self.read_locks.read(
            request.caller,
            property_id=request.property_id,
            facts=request.facts,
            deadline=request.deadline,
            room_id=None if room_id is None else RoomId(room_id),
            limit=_limit(query.get("limit")),
            cursor=query.get("cursor"),
        )
        return json_answer(page)

    async def post_issue_key(self, request: Request) -> Answer:
        """Issue a key for a guest's own door."""
        body = request.json_object(IssueKeyBody)
        forwarded = await self.issue_guest_key.run(
            IssueKeyRequest(
                caller=request.caller,
                facts=request.facts,
                key=request.idempotency_key,
                property_id=request.property_id,
                lock_id=LockId(request.path_parameters["lock_id"]),
                reservation_id=ReservationId(body.reservation_id),
                kind=body.kind,
                valid_from=body.valid_from,
                valid_until=body.valid_until,
                areas=body.areas,
                path=request.path,
                path_below_base=below_base(request.path),
                query=request.query(),
                body=parse_object(request.body, bytes_max=len(request.body)),
            )
        )
        return http_answer(forwarded.answer, is_replay=forwarded.is_replay)

    async def get_audit(self, request: Request) -> Answer:
        """Return what was done with the lock, newest first."""
        query = _query(request, {"cursor", "limit"})
        page = await self.read_lock_audit.run(
            request.caller,
            property_id=request.property_id,
            lock_id=request.path_parameters["lock_id"],
            limit=_limit(query.get("limit")),
            cursor=query.get("cursor"),
        )
        lines = [_line(entry) for entry in page.entries]
        return json_answer(LockAuditBody(items=lines, next_cursor=page.next_cursor))


def _query(request: Request, known: set[str]) -> dict[str, str]:
    query = request.query()
    if not query.keys() <= known:
        raise MalformedQuery
    return query


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE_ITEMS_DEFAULT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(PAGE_ITEMS_MAX))):
        raise MalformedQuery(fields=(("limit", "invalid"),))
    limit = int(text)
    if not 1 <= limit <= PAGE_ITEMS_MAX:
        raise MalformedQuery(fields=(("limit", "out_of_range"),))
    return limit


def _line(entry: AuditEntry) -> AuditLine:
    problem = PROBLEMS.get(entry.refusal_code or "")
    return AuditLine(
        seq=entry.seq,
        audit_id=entry.audit_id,
        phase=entry.phase,
        recorded_at=rfc3339(entry.recorded_at),
        action=entry.action,
        activity_id=entry.activity_id,
        reservation_id=entry.reservation_id,
        operator_id=entry.operator_id,
        device_id=entry.device_id,
        vendor=entry.vendor,
        kind=entry.kind,
        valid_from=rfc3339(entry.valid_from),
        valid_until=rfc3339(entry.valid_until),
        areas=entry.areas,
        hash=entry.hash.hex(),
        outcome=entry.outcome,
        code=None if problem is None else problem.wire_code,
        credential_id=entry.credential_id,
    )
