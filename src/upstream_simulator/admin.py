"""The admin port: faults, call log, events, state, reset. For tests and people on this machine.

A web page must not reach it: no CORS, no `Origin`, its own `Host` only, JSON bodies only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.types import Receive, Scope, Send

from upstream_simulator.bodies import count_in, object_in, only_members, optional_object_in, text_in
from upstream_simulator.call_log import CallLog
from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document, to_json
from upstream_simulator.exchange import (
    NOT_FOUND,
    VALIDATION_FAILED,
    Answer,
    Call,
    Refusal,
    Route,
    RouteTable,
    World,
    json_answer,
)
from upstream_simulator.fault_effects import send_answer
from upstream_simulator.faults import BadFault, FaultBook
from upstream_simulator.iam.sessions import Sessions
from upstream_simulator.identifiers import has_prefix, in_any_dialect, ulid_of
from upstream_simulator.requests import BadRequest, read_call
from upstream_simulator.seed.plant import plant_again

EVENTS_PAGE: Final = 200
COPIES_MAX: Final = 100
SUBJECT_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The routes of the admin port."""

    world: World
    call_log: CallLog
    faults: FaultBook
    sessions: Sessions
    upstreams: frozenset[str]
    on_commit: Callable[[], None]

    def routes(self) -> tuple[Route, ...]:
        """Return them."""
        return (
            Route(method="GET", pattern="/health", handler=lambda _: json_answer({"status": "ok"})),
            Route(method="POST", pattern="/faults", handler=self._add_fault),
            Route(method="GET", pattern="/faults", handler=self._list_faults),
            Route(method="DELETE", pattern="/faults", handler=self._remove_faults),
            Route(method="DELETE", pattern="/faults/{id}", handler=self._remove_faults),
            Route(method="GET", pattern="/calls", handler=self._list_calls),
            Route(method="DELETE", pattern="/calls", handler=self._clear_calls),
            Route(method="POST", pattern="/events", handler=self._publish),
            Route(method="GET", pattern="/events", handler=self._list_events),
            Route(method="POST", pattern="/iam/sessions/{id}/revoke", handler=self._revoke),
            Route(method="GET", pattern="/state/{upstream}/{id}", handler=self._show_state),
            Route(method="POST", pattern="/reset", handler=self._reset),
        )

    def _add_fault(self, call: Call) -> Answer:
        try:
            identifier = self.faults.add(call.document, upstreams=self.upstreams, at=call.at)
        except BadFault as bad:
            raise Refusal(400, VALIDATION_FAILED, str(bad)) from bad
        return json_answer({"id": identifier}, status=201)

    def _list_faults(self, _call: Call) -> Answer:
        return json_answer({"items": self.faults.items()})

    def _remove_faults(self, call: Call) -> Answer:
        identifier = call.parameters.get("id")
        if not self.faults.remove(identifier) and identifier is not None:
            raise Refusal(404, NOT_FOUND)
        return Answer(status=204)

    def _list_calls(self, call: Call) -> Answer:
        items = self.call_log.items(
            upstream=call.query.get("upstream"), since=_moment(call.query.get("since"))
        )
        return json_answer({"items": items})

    def _clear_calls(self, _call: Call) -> Answer:
        with self.world.state.transaction():
            self.call_log.clear()
        return Answer(status=204)

    def _publish(self, call: Call) -> Answer:
        """Publish `subject` and `payload` in the upstream's envelope, or a whole `event`."""
        document = call.document
        upstream = text_in(document, "upstream")
        if upstream not in self.upstreams:
            raise Refusal(400, VALIDATION_FAILED, "upstream is unknown")
        if "event" in document:
            return self._publish_as_it_is(document, upstream)
        only_members(
            document, ("upstream", "subject", "type", "tenantId", "key", "payload", "copies")
        )
        subject = text_in(
            document,
            "subject" if "subject" in document else "type",
            maximum=SUBJECT_CHARACTERS_MAX,
        )
        payload = optional_object_in(document, "payload")
        copies = count_in(document, "copies", least=1, most=COPIES_MAX, default=1)
        with self.world.state.transaction():
            event_id = self.world.events.owe(
                upstream=upstream,
                subject=subject,
                tenant=_tenant(document),
                key=str(document.get("key", "")),
                payload=payload,
                at=call.at,
                copies=copies,
            )
        self.on_commit()
        return json_answer({"id": event_id}, status=201)

    def _publish_as_it_is(self, document: Document, upstream: str) -> Answer:
        only_members(document, ("upstream", "event", "copies"))
        event = object_in(document, "event")
        copies = count_in(document, "copies", least=1, most=COPIES_MAX, default=1)
        with self.world.state.transaction():
            self.world.events.owe_body(upstream, to_json(event), copies=copies)
        self.on_commit()
        return json_answer({"id": event.get("eventId", event.get("id"))}, status=201)

    def _list_events(self, call: Call) -> Answer:
        items = [
            {"number": number, "upstream": upstream, "event": body}
            for number, upstream, body in self.world.events.newest(limit=EVENTS_PAGE)
            if call.query.get("upstream") in {None, upstream}
        ]
        return json_answer({"items": items})

    def _revoke(self, call: Call) -> Answer:
        identifier = call.parameters["id"]
        session = self.world.state.get("iam", identifier) if has_prefix("ses", identifier) else None
        if session is None:
            raise Refusal(404, NOT_FOUND)
        call.upstream = "iam"
        with self.world.state.transaction():
            self.sessions.revoke(call, session, reason="admin_revoked")
        self.on_commit()
        return Answer(status=204)

    def _show_state(self, call: Call) -> Answer:
        for identifier in in_any_dialect(call.parameters["id"]):
            found = self.world.state.get(call.parameters["upstream"], identifier)
            if found is not None:
                return json_answer(found.body)
        raise Refusal(404, NOT_FOUND)

    def _reset(self, _call: Call) -> Answer:
        plant_again(self.world.state, self.world.clock)
        self.faults.reload()
        return Answer(status=204)


class AdminServer:
    """The ASGI application of the admin port."""

    def __init__(self, admin: Admin, *, hosts: frozenset[str]) -> None:
        self._world = admin.world
        self._table = RouteTable(admin.routes())
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            call = await read_call(
                scope, receive, world=self._world, upstream="admin", path=scope["path"]
            )
            answer = self._answer(call)
        except BadRequest as bad:
            answer = Answer(status=bad.status)
        except Refusal as refusal:
            answer = _problem(refusal)
        await send_answer(send, answer)

    def _answer(self, call: Call) -> Answer:
        if call.header_values("host")[:1] not in [[host] for host in self._hosts]:
            raise Refusal(421, "MELMASTOON.GENERAL.MISDIRECTED_REQUEST", "not our host")
        if call.header("origin") is not None:
            # A POST without a body needs no leave from us: only its Origin tells a web page's.
            raise Refusal(403, "MELMASTOON.GENERAL.FORBIDDEN", "not for web pages")
        media_type = (call.header("content-type") or "").partition(";")[0].strip().lower()
        if call.body and media_type != "application/json":
            raise Refusal(415, "MELMASTOON.GENERAL.UNSUPPORTED_MEDIA_TYPE")
        route, call.parameters = self._table.find(call.method, call.path)
        return route.handler(call)


def _moment(text: str | None) -> str | None:
    """Return a time (RFC 3339 or epoch seconds) as the log writes it; refuse anything else."""
    if text is None:
        return None
    try:
        if text.replace(".", "", 1).isdigit():
            return rfc3339(datetime.fromtimestamp(float(text), tz=UTC))
        # A `+` that nobody encoded arrives as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except (ValueError, OverflowError, OSError) as error:
        raise Refusal(400, VALIDATION_FAILED, "since is no time") from error
    return rfc3339(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _tenant(document: Document) -> str:
    identifier: object = document.get("tenantId")
    if identifier is None:
        return ""
    if not isinstance(identifier, str) or not any(
        has_prefix(prefix, identifier) for prefix in ("tnt", "ten", "t")
    ):
        raise Refusal(400, VALIDATION_FAILED, "tenantId is malformed")
    return ulid_of(identifier)


def _problem(refusal: Refusal) -> Answer:
    document = {"code": refusal.code, "status": refusal.status, "detail": refusal.detail}
    return json_answer(document, status=refusal.status, headers=refusal.headers)
