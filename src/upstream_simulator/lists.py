"""Pages of a list: limit, cursor, dates, each refused when malformed."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from upstream_simulator.documents import Document
from upstream_simulator.exchange import VALIDATION_FAILED, Call, Refusal
from upstream_simulator.identifiers import ulid_of
from upstream_simulator.state import Question, StoredObject, cursor_of, position_of

DAYS_MAX = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some objects and the cursor to the next ones."""

    items: list[StoredObject]
    next_cursor: str | None

    def documents(self, view: Callable[[StoredObject], Document] | None = None) -> list[Document]:
        """Return the items as they are sent."""
        return [item.body if view is None else view(item) for item in self.items]


def read_page(call: Call, question: Question, *, default: int, maximum: int) -> Page:
    """Return the page that `limit` and `cursor` ask for; refuse malformed ones."""
    limit = _limit(call, default=default, maximum=maximum)
    after = _position(call)
    found = call.state.find(dataclasses.replace(question, after=after, limit=limit + 1))
    more = len(found) > limit
    items = found[:limit]
    return Page(items=items, next_cursor=cursor_of(items[-1]) if more else None)


def day_in(call: Call, name: str, default: str | None = None) -> str:
    """Return a date of the query; refuse a malformed or (without default) missing one."""
    text = call.query.get(name, default)
    if text is None:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is missing")
    if not _is_date(text):
        raise Refusal(400, VALIDATION_FAILED, f"{name} is not a date")
    return text


def days_between(call: Call, *, maximum: int = DAYS_MAX) -> tuple[str, str]:
    """Return `from` and `to` of the query, at most so many days apart."""
    first, last = day_in(call, "from"), day_in(call, "to")
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    if not 0 < days <= maximum:
        raise Refusal(400, VALIDATION_FAILED, f"from and to are not 1 to {maximum} days apart")
    return first, last


def choices_in(call: Call, name: str, allowed: frozenset[str]) -> tuple[str, ...]:
    """Return a comma list of the query, empty when absent; refuse other words."""
    text = call.query.get(name)
    if text is None:
        return ()
    words = tuple(text.split(","))
    if not allowed.issuperset(words):
        raise Refusal(400, VALIDATION_FAILED, f"{name} is unknown")
    return words


def _is_date(text: str) -> bool:
    """Tell whether this is a date in the one form `YYYY-MM-DD`, not 3.11's other ones."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _limit(call: Call, *, default: int, maximum: int) -> int:
    text = call.query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= maximum):
        raise Refusal(400, VALIDATION_FAILED, f"limit is not between 1 and {maximum}")
    return int(text)


def _position(call: Call) -> tuple[str, str] | None:
    cursor = call.query.get("cursor")
    if cursor is None:
        return None
    try:
        return position_of(cursor)
    except ValueError as error:
        raise Refusal(400, VALIDATION_FAILED, "cursor is unknown") from error


def property_in(call: Call) -> str:
    """Return the bare ULID of the query's property, which reception has checked to be ours."""
    identifier = call.query.get("propertyId")
    if identifier is None:
        raise Refusal(400, VALIDATION_FAILED, "propertyId is missing")
    return ulid_of(identifier)
