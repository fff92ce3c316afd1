"""The answers that are kept and replayed byte for byte. The reconciler writes them here too."""

import msgspec

from bff_backoffice.application.mutations.answers import MutationAnswer, MutationOrigin
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import ActivityId, TenantId
from bff_backoffice.presentation.http import JSON_TYPE, Answer
from bff_backoffice.presentation.problems import ProblemPlace, write_problem
from bff_backoffice.presentation.routing import BASE_PATH, PUBLIC_BASE_PATH
from bff_backoffice.presentation.schemas.mutations import PendingBody

ACCEPTED = 202


class MutationAnswers:
    """Implements AnswerWriter."""

    def succeeded(
        self, result: dict[str, object], activity_id: ActivityId, *, status: int
    ) -> MutationAnswer:
        """Write what the upstream did, with the activity's id."""
        body = msgspec.json.encode({**result, "activityId": activity_id})
        return MutationAnswer(status=status, media_type=JSON_TYPE, headers=(), body=body)

    def refused(
        self, error: ServiceError, origin: MutationOrigin, tenant_id: TenantId
    ) -> MutationAnswer:
        """Write a registered refusal, as the request it belongs to would have got it."""
        trace_id = origin.traceparent.split("-")[1] if origin.traceparent else None
        place = ProblemPlace(
            instance=origin.path,
            request_id=origin.request_id,
            trace_id=trace_id,
            tenant_id=tenant_id,
        )
        problem = write_problem(error, place)
        return MutationAnswer(
            status=problem.status,
            media_type=problem.media_type or JSON_TYPE,
            headers=problem.headers,
            body=problem.body,
        )

    def pending(self, activity_id: ActivityId, path: str) -> MutationAnswer:
        """Write that the outcome is not known yet, and where to ask."""
        base = PUBLIC_BASE_PATH if path.startswith(PUBLIC_BASE_PATH + "/") else BASE_PATH
        body = PendingBody(
            status="outcome_pending",
            activity_id=activity_id,
            status_url=f"{base}/activities/{activity_id}",
        )
        return MutationAnswer(
            status=ACCEPTED, media_type=JSON_TYPE, headers=(), body=msgspec.json.encode(body)
        )


def http_answer(answer: MutationAnswer, *, is_replay: bool) -> Answer:
    """Return the answer as the web application sends it."""
    replayed = (("idempotency-replayed", "true"),) if is_replay else ()
    return Answer(
        status=answer.status,
        body=answer.body,
        media_type=answer.media_type,
        headers=answer.headers + replayed,
    )
