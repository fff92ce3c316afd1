"""notification-service: each operator's in-app feed."""

import dataclasses
from typing import Final

from upstream_simulator.bodies import names_in, only_members, optional_text_in, text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.dialect import Dialect, flat
from upstream_simulator.exchange import VALIDATION_FAILED, Answer, Call, Refusal, Route, json_answer
from upstream_simulator.identifiers import has_prefix
from upstream_simulator.lists import read_page
from upstream_simulator.objects import changed, own, versioned
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream, not_found

IDS_MAX: Final = 100
UNREAD: Final = ("delivered",)


def notification_upstream() -> Upstream:
    """Return notification-service."""
    return Upstream(
        name="notification",
        dialect=Dialect(problem_form=flat("https://errors.melmastoon.com", type_by_segment=True)),
        routes=(
            Route(method="GET", pattern="/api/v1/feed", handler=_list),
            Route(method="GET", pattern="/api/v1/feed/{id}", handler=_get),
            Route(
                method="POST",
                pattern="/api/v1/feed/mark-read",
                handler=_mark_read,
                kind="mutation",
            ),
        ),
    )


def _list(call: Call) -> Answer:
    recipient = call.query.get("recipientId")
    unread_only = call.query.get("unreadOnly", "false")
    if not has_prefix("opr", recipient) or unread_only not in {"true", "false"}:
        raise Refusal(400, VALIDATION_FAILED, "recipientId or unreadOnly is malformed")
    feed = Question(
        upstream="notification", kind="entry", tenant=call.tenant, parent=recipient or ""
    )
    unread = dataclasses.replace(feed, statuses=UNREAD)
    asked = unread if unread_only == "true" else feed
    page = read_page(call, asked, default=50, maximum=100)
    document = {
        "items": page.documents(),
        "nextCursor": page.next_cursor,
        "unread": call.state.count(unread),
    }
    return json_answer(document)


def _get(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="entry"))


def _mark_read(call: Call) -> Answer:
    document = call.document
    only_members(document, ("recipientId", "ids", "at"))
    recipient = text_in(document, "recipientId")
    at = optional_text_in(document, "at", maximum=40) or rfc3339(call.at)
    ids = names_in(document, "ids", most=IDS_MAX)
    entries = [own(call, item, kind="entry") for item in ids]
    if any(entry.parent != recipient for entry in entries):
        raise not_found()
    read = [_read(call, entry, at) for entry in entries]
    return json_answer({"items": [entry.body for entry in read]})


def _read(call: Call, entry: StoredObject, at: str) -> StoredObject:
    if entry.status == "opened":
        return entry
    opened = dataclasses.replace(changed(entry, state="opened", readAt=at), status="opened")
    call.state.put(opened)
    payload = {"notificationId": entry.id, "recipientId": entry.parent, "at": at}
    call.emit("melmastoon.notification.opened.v1", key=entry.id, payload=payload)
    return opened
