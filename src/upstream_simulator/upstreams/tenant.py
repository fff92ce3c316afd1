"""tenant-service: companies, their settings, who may do what where, preferences."""

import dataclasses
from typing import Final

from upstream_simulator.bodies import choice_in, object_in, only_members, optional_text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.dialect import ANY_KEY, Dialect, flat
from upstream_simulator.documents import Document, to_json
from upstream_simulator.exchange import (
    VALIDATION_FAILED,
    Answer,
    Call,
    Handler,
    Refusal,
    Route,
    json_answer,
)
from upstream_simulator.iam.sessions import Sessions
from upstream_simulator.identifiers import with_prefix
from upstream_simulator.objects import changed, own, require_version
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream, not_found

VERSION_CONFLICT: Final = "MELMASTOON.TENANT.VERSION_CONFLICT"
THEMES: Final = ("system", "light", "dark")
PREFERENCES_CHARACTERS_MAX: Final = 64 * 1024
DENSITIES: Final = ("comfortable", "compact")

_MOVES: Final = {
    "suspend": ({"active"}, "suspended"),
    "reactivate": ({"suspended"}, "active"),
    "remove": ({"active", "suspended"}, "removed"),
}
_VERBS: Final = {"suspended": "suspended", "active": "reactivated", "removed": "removed"}


def tenant_upstream(sessions: Sessions) -> Upstream:
    """Return tenant-service; iam's sessions end when a membership does."""
    memberships = Memberships(sessions)
    operator = "/api/v1/tenants/{tenant}/operators/{operator}"
    moves = tuple(
        Route(
            method="POST",
            pattern=f"{operator}/membership/{move}",
            handler=memberships.mover(move),
            kind="mutation",
        )
        for move in _MOVES
    )
    return Upstream(
        name="tenant",
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.io", type_by_segment=True),
            idempotency_header="x-idempotency-key",
            key_form=ANY_KEY,
            mismatch_code="MELMASTOON.GENERAL.TENANT_FORBIDDEN",
        ),
        routes=(
            Route(method="GET", pattern="/api/v1/tenants/{tenant}", handler=_get_tenant),
            Route(method="GET", pattern="/api/v1/tenants/{tenant}/config", handler=_get_config),
            Route(method="GET", pattern=f"{operator}/role", handler=_get_role),
            Route(method="GET", pattern=f"{operator}/preferences", handler=_get_preferences),
            Route(
                method="PUT",
                pattern=f"{operator}/preferences",
                handler=_put_preferences,
                kind="mutation",
            ),
            *moves,
        ),
    )


class Memberships:
    """Suspends, reactivates and removes operators."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def mover(self, move: str) -> Handler:
        """Return the handler of one move."""
        allowed, state = _MOVES[move]

        def handler(call: Call) -> Answer:
            membership = _membership(call)
            if membership.status not in allowed:
                raise Refusal(
                    409,
                    "MELMASTOON.MEMBERSHIP.ILLEGAL_TRANSITION",
                    f"{membership.status} cannot become {state}",
                )
            return self._move(call, membership, state)

        return handler

    def _move(self, call: Call, membership: StoredObject, state: str) -> Answer:
        moved = dataclasses.replace(changed(membership, state=state), status=state)
        call.state.put(moved)
        operator = call.state.get("iam", membership.parent)
        if operator is not None:
            call.state.put(dataclasses.replace(operator, status=state))
        payload = {
            "membershipId": moved.id,
            "operatorId": moved.parent,
            "tenantId": f"tnt_{call.tenant}",
            "state": state,
            "reason": optional_text_in(call.document, "reason"),
            "occurredAt": rfc3339(call.at),
        }
        call.emit(f"melmastoon.tenant.membership.{_VERBS[state]}.v1", key=moved.id, payload=payload)
        if state != "active":
            iam = call.speaking_as("iam")
            self._sessions.revoke_all_of(iam, moved.parent, reason=f"membership_{state}")
        body = {"membershipId": moved.id, "state": state, "version": moved.body["version"]}
        return json_answer({"data": body})


def _get_tenant(call: Call) -> Answer:
    body = {name: value for name, value in _own_tenant(call).body.items() if name != "config"}
    return json_answer({"data": body})


def _get_config(call: Call) -> Answer:
    config: Document = _own_tenant(call).body["config"]
    properties = [
        {**entry, "businessDate": _business_date(call, entry["propertyId"])}
        for entry in config["properties"]
    ]
    body = {**config, "properties": properties}
    return json_answer({"data": body}, headers={"etag": f'"{config["version"]}"'})


def _get_role(call: Call) -> Answer:
    return json_answer({"data": _membership(call).body})


def _get_preferences(call: Call) -> Answer:
    return _preferences_answer(_preferences(call))


def _put_preferences(call: Call) -> Answer:
    found = _preferences(call)
    document = call.document
    only_members(document, ("locale", "theme", "density", "dashboard", "shortcuts"))
    require_version(call, found, code=VERSION_CONFLICT)
    body: Document = {}
    if "locale" in document:
        body["locale"] = choice_in(document, "locale", _own_tenant(call).body["config"]["locales"])
    if "theme" in document:
        body["theme"] = choice_in(document, "theme", THEMES)
    if "density" in document:
        body["density"] = choice_in(document, "density", DENSITIES)
    for name in ("dashboard", "shortcuts"):
        if name in document:
            body[name] = object_in(document, name)
    if len(to_json(body)) > PREFERENCES_CHARACTERS_MAX:
        raise Refusal(400, VALIDATION_FAILED, "more than may be kept")
    kept = changed(found, **body)
    call.state.put(kept)
    return _preferences_answer(kept)


def _preferences_answer(found: StoredObject) -> Answer:
    return json_answer({"data": found.body}, headers={"etag": f'"{found.body["version"]}"'})


def _own_tenant(call: Call) -> StoredObject:
    return own(call, call.parameters["tenant"], kind="tenant")


def _membership(call: Call) -> StoredObject:
    _own_tenant(call)
    question = Question(
        upstream="tenant",
        kind="membership",
        tenant=call.tenant,
        parent=call.parameters["operator"],
        limit=1,
    )
    for membership in call.state.find(question):
        return membership
    raise not_found()


def _preferences(call: Call) -> StoredObject:
    membership = _membership(call)
    identifier = with_prefix("prf", membership.parent)
    found = call.state.get("tenant", identifier)
    if found is not None:
        return found
    return StoredObject(
        upstream="tenant",
        kind="preferences",
        id=identifier,
        tenant=call.tenant,
        parent=membership.parent,
        body={
            "operatorId": membership.parent,
            "locale": membership.body["locale"],
            "theme": "system",
            "density": "comfortable",
            "dashboard": {},
            "shortcuts": {},
            "version": 0,
        },
    )


def _business_date(call: Call, property_id: str) -> str | None:
    found = call.state.get("property", property_id)
    return None if found is None else found.body["businessDate"]
