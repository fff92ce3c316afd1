"""The loops that remove what is past its lifetime."""

from typing import Final

from bff_backoffice.application.access.remove_expired_revocations import (
    RemoveExpiredRevocations,
)
from bff_backoffice.application.idempotency.remove_expired import RemoveExpiredAnswers
from bff_backoffice.application.messaging.remove_published import RemovePublishedMessages
from bff_backoffice.jobs.supervision import SupervisedLoop

REST_SECONDS: Final = 60.0


def expired_row_loops(
    answers: RemoveExpiredAnswers,
    messages: RemovePublishedMessages,
    revocations: RemoveExpiredRevocations,
) -> list[SupervisedLoop]:
    """Return the loops."""
    return [
        SupervisedLoop(
            name="expired-answers", run_round=answers.run_once, rest_seconds=REST_SECONDS
        ),
        SupervisedLoop(
            name="published-messages", run_round=messages.run_once, rest_seconds=REST_SECONDS
        ),
        SupervisedLoop(
            name="expired-revocations", run_round=revocations.run_once, rest_seconds=REST_SECONDS
        ),
    ]
