"""What became of an action, for whoever asks later."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import PropertyId

ActivityState = Literal[
    "in_flight", "outcome_pending", "succeeded", "refused", "not_performed", "parked"
]


class ActivityNotFound(ServiceError):  # noqa: N818 - reads as the fact it states
    """No such activity for this caller: one of another tenant or property looks the same."""

    code: ClassVar[str] = "activity.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An action's state; `result` and `refusal_code` are set once it is settled that way."""

    state: ActivityState
    action: str
    property_id: PropertyId
    refusal_code: str | None
    result: dict[str, object] | None
