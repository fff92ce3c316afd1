"""`GET /activities/{id}`: what became of an action."""

from dataclasses import dataclass

from bff_backoffice.application.mutations.read_activity import Activity, ReadActivity
from bff_backoffice.presentation.http import Answer, Request, json_answer
from bff_backoffice.presentation.problems import PROBLEMS
from bff_backoffice.presentation.routing import AnswerShape, Route
from bff_backoffice.presentation.schemas.mutations import ActivityBody


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRoutes:
    """One route, for every role: an operator may ask what became of what was done."""

    read_activity: ReadActivity

    def rows(self) -> list[Route]:
        """Return the routes of this family."""
        return [
            Route(
                method="GET",
                path="/activities/{activity_id}",
                handler=self.get_activity,
                answers=(AnswerShape(body=ActivityBody),),
                refusals=("activity.not_found",),
            )
        ]

    async def get_activity(self, request: Request) -> Answer:
        """Say what became of the action."""
        activity = await self.read_activity.run(
            request.caller, request.path_parameters["activity_id"]
        )
        return json_answer(ActivityBody(state=activity.state, result=_result(activity)))


def _result(activity: Activity) -> dict[str, object] | None:
    if activity.result is not None:
        return activity.result
    problem = PROBLEMS.get(activity.refusal_code or "")
    return None if problem is None else {"code": problem.wire_code}
