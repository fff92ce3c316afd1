"""The actions: each with an idempotency key, all through the one mutation path."""

from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.mutations.catalogue import RESERVATION_CHECK_IN
from bff_backoffice.application.mutations.check_in import CheckGuestIn, CheckInRequest
from bff_backoffice.foundation.identifiers import ReservationId, RoomId
from bff_backoffice.foundation.strict_json import parse_object
from bff_backoffice.presentation.http import Answer, Request
from bff_backoffice.presentation.mutation_answers import http_answer
from bff_backoffice.presentation.routing import (
    BASE_PATH,
    PUBLIC_BASE_PATH,
    AnswerShape,
    PropertyScope,
    Route,
)
from bff_backoffice.presentation.schemas.mutations import CheckedInBody, CheckInBody, PendingBody

MUTATION_SECONDS_MAX: Final = 8.0
MUTATION_REFUSALS: Final = (
    "idempotency.answer_erased",
    "mutation.not_performed",
    "mutation.overloaded",
    "mutation.store_unavailable",
    "mutation.upstream_unavailable",
)
CHECK_IN_REFUSALS: Final = (
    *MUTATION_REFUSALS,
    "reservation.illegal_transition",
    "reservation.no_room_ready",
    "reservation.not_found",
    "reservation.rejected",
    "reservation.room_not_ready",
    "reservation.version_conflict",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationRoutes:
    """Reads a request, calls the use case, sends what it says."""

    check_guest_in: CheckGuestIn

    def rows(self) -> list[Route]:
        """Return the routes of this family."""
        return [
            Route(
                method=RESERVATION_CHECK_IN.method,
                path=RESERVATION_CHECK_IN.route,
                handler=self.post_check_in,
                roles=RESERVATION_CHECK_IN.roles,
                property_scope=PropertyScope.REQUIRED,
                needs_idempotency_key=True,
                reads_body=True,
                seconds_max=MUTATION_SECONDS_MAX,
                request_body=CheckInBody,
                answers=(
                    AnswerShape(body=CheckedInBody, meaning="The guest is checked in."),
                    AnswerShape(status=202, body=PendingBody, meaning="Not known yet; ask again."),
                ),
                refusals=CHECK_IN_REFUSALS,
            )
        ]

    async def post_check_in(self, request: Request) -> Answer:
        """Check a guest in."""
        body = request.json_object(CheckInBody)
        room_id = None if body.room_id is None else RoomId(body.room_id)
        forwarded = await self.check_guest_in.run(
            CheckInRequest(
                caller=request.caller,
                facts=request.facts,
                key=request.idempotency_key,
                property_id=request.property_id,
                reservation_id=ReservationId(request.path_parameters["reservation_id"]),
                room_id=room_id,
                is_document_verified=body.document_verified,
                note=body.note,
                path=request.path,
                path_below_base=below_base(request.path),
                query=request.query(),
                body=parse_object(request.body, bytes_max=len(request.body)),
            )
        )
        return http_answer(forwarded.answer, is_replay=forwarded.is_replay)


def below_base(path: str) -> str:
    """Return the path without its base: the same request on either base is the same request."""
    for base in (PUBLIC_BASE_PATH, BASE_PATH):
        if path.startswith(base + "/"):
            return path[len(base) :]
    return path
