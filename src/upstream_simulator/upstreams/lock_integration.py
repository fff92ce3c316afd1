"""lock-integration-service: door locks and the keys that open them."""

import dataclasses
from datetime import datetime
from typing import Final

from upstream_simulator.bodies import (
    choice_in,
    names_in,
    only_members,
    optional_object_in,
    optional_text_in,
    text_in,
)
from upstream_simulator.clock import rfc3339
from upstream_simulator.dialect import ANY_KEY, Dialect, flat
from upstream_simulator.documents import Document
from upstream_simulator.exchange import (
    VALIDATION_FAILED,
    Answer,
    Call,
    Handler,
    Refusal,
    Route,
    json_answer,
)
from upstream_simulator.identifiers import has_prefix, new_id, ulid_of
from upstream_simulator.lists import choices_in, property_in, read_page
from upstream_simulator.objects import changed, own, require_version, versioned
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream

PREFIX: Final = "MELMASTOON.LOCK."
HEALTH: Final = frozenset({"ok", "battery_low", "offline", "tamper"})
KINDS: Final = ("mobile_app", "pin_code", "rfid_card", "qr_code", "nfc_tag")
STATES: Final = frozenset({"requested", "pending", "active", "suspended", "revoked", "failed"})
REVOKE_REASONS: Final = ("checkout", "cancellation", "security", "lost", "replaced")
SUSPEND_REASONS: Final = ("no_show", "fraud_review", "overdue_payment", "manual")
ROOMS_MAX: Final = 10
AREAS_MAX: Final = 10
STEPS: Final[dict[str, tuple[frozenset[str], str]]] = {
    "revoke": (frozenset({"active", "suspended", "pending"}), "revoked"),
    "suspend": (frozenset({"active"}), "suspended"),
    "resume": (frozenset({"suspended"}), "active"),
}


def lock_integration_upstream() -> Upstream:
    """Return lock-integration-service."""
    credentials = "/api/v1/key-credentials"
    return Upstream(
        name="lock-integration",
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.com", type_by_segment=True),
            key_form=ANY_KEY,
        ),
        routes=(
            Route(method="GET", pattern="/api/v1/devices", handler=_list_devices),
            Route(method="GET", pattern="/api/v1/devices/{id}", handler=_get_device),
            Route(method="GET", pattern=credentials, handler=_list_credentials),
            Route(method="POST", pattern=credentials, handler=_issue, kind="mutation"),
            Route(method="GET", pattern=f"{credentials}/{{id}}", handler=_get_credential),
            *(
                Route(
                    method="POST",
                    pattern=f"{credentials}/{{id}}/{step}",
                    handler=_stepper(step),
                    kind="mutation",
                )
                for step in STEPS
            ),
        ),
    )


def _list_devices(call: Call) -> Answer:
    room = call.query.get("roomId")
    question = Question(
        upstream="lock-integration",
        kind="device",
        tenant=call.tenant,
        property=property_in(call),
        parent="" if room is None else ulid_of(room),
        statuses=choices_in(call, "health", HEALTH),
    )
    page = read_page(call, question, default=50, maximum=500)
    return json_answer({"items": page.documents(), "nextCursor": page.next_cursor})


def _get_device(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="device"))


def _list_credentials(call: Call) -> Answer:
    reservation = call.query.get("reservationId")
    question = Question(
        upstream="lock-integration",
        kind="credential",
        tenant=call.tenant,
        property=property_in(call),
        parent="" if reservation is None else ulid_of(reservation),
        tag=call.query.get("deviceId", ""),
        statuses=choices_in(call, "state", STATES),
    )
    page = read_page(call, question, default=50, maximum=500)
    return json_answer({"items": page.documents(), "nextCursor": page.next_cursor})


def _get_credential(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="credential"))


def _issue(call: Call) -> Answer:
    document = call.document
    known = ("reservationId", "rooms", "validFrom", "validUntil", "preferredKinds")
    only_members(document, (*known, "guest", "scope", "channelHint"))
    stay = own(call, document.get("reservationId"), kind="reservation", upstream="reservation")
    rooms = names_in(document, "rooms", most=ROOMS_MAX)
    preferred = names_in(document, "preferredKinds", most=len(KINDS))
    if not set(preferred) <= set(KINDS):
        raise Refusal(400, VALIDATION_FAILED, "preferredKinds is malformed")
    _check_validity(document)
    areas = _areas(document)
    if stay.status not in {"checked_in", "in_house"}:
        raise Refusal(409, f"{PREFIX}RESERVATION_NOT_CHECKED_IN")
    devices = [_device_of(call, stay, room) for room in rooms]
    kind = _common_kind(devices, preferred)
    credential = _new_credential(call, stay, devices, kind=kind, areas=areas)
    call.state.put(credential)
    _emit(call, credential, "requested", vendor=credential.body["vendor"])
    _emit(call, credential, "issued", holderKind="guest", kind=kind)
    location = f"/api/v1/key-credentials/{credential.id}"
    answer = versioned(credential, status=201)
    return dataclasses.replace(answer, headers={**answer.headers, "location": location})


def _stepper(step: str) -> Handler:
    allowed, state = STEPS[step]

    def handler(call: Call) -> Answer:
        found = own(call, call.parameters["id"], kind="credential")
        only_members(call.document, ("reason",))
        members: Document = {"state": state}
        if step == "revoke":
            members["revokeReason"] = choice_in(call.document, "reason", REVOKE_REASONS)
            members["revokedAt"] = rfc3339(call.at)
        elif step == "suspend":
            members["suspendReason"] = choice_in(call.document, "reason", SUSPEND_REASONS)
        require_version(call, found, code=f"{PREFIX}VERSION_CONFLICT")
        if found.status not in allowed:
            raise Refusal(
                409, f"{PREFIX}ILLEGAL_TRANSITION", f"{found.status} cannot become {state}"
            )
        moved = dataclasses.replace(changed(found, **members), status=state)
        call.state.put(moved)
        _emit(call, moved, state if state != "active" else "resumed")
        return versioned(moved)

    return handler


def _new_credential(
    call: Call, stay: StoredObject, devices: list[StoredObject], *, kind: str, areas: list[str]
) -> StoredObject:
    identifier = new_id("key", call.at)
    body: Document = {
        "id": identifier,
        "tenantId": f"tnt_{call.tenant}",
        "propertyId": f"ppt_{stay.property}",
        "reservationId": stay.id,
        "deviceIds": [device.id for device in devices],
        "holder": "guest",
        "kind": kind,
        "rooms": [device.body["roomId"] for device in devices],
        "scope": {"areas": areas},
        "validFrom": call.document["validFrom"],
        "validUntil": call.document["validUntil"],
        "state": "active",
        "vendor": devices[0].body["vendor"],
        "revokeReason": None,
        "failureReason": None,
        "issuedAt": rfc3339(call.at),
        "revokedAt": None,
        "version": 1,
    }
    return StoredObject(
        upstream="lock-integration",
        kind="credential",
        id=identifier,
        tenant=call.tenant,
        property=stay.property,
        parent=ulid_of(stay.id),
        tag=devices[0].id,
        status="active",
        rank=body["issuedAt"],
        body=body,
    )


def _device_of(call: Call, stay: StoredObject, room: str) -> StoredObject:
    question = Question(
        upstream="lock-integration",
        kind="device",
        tenant=call.tenant,
        property=stay.property,
        parent=ulid_of(room),
        limit=1,
    )
    devices = call.state.find(question) if has_prefix("rmu", room) else []
    if not devices or devices[0].status == "offline":
        raise Refusal(422, f"{PREFIX}NO_CAPABLE_DEVICE")
    return devices[0]


def _common_kind(devices: list[StoredObject], preferred: list[str]) -> str:
    for kind in preferred:
        if all(kind in device.body["supportedKinds"] for device in devices):
            return kind
    raise Refusal(422, f"{PREFIX}KIND_UNSUPPORTED")


def _check_validity(document: Document) -> None:
    try:
        first = datetime.fromisoformat(text_in(document, "validFrom"))
        last = datetime.fromisoformat(text_in(document, "validUntil"))
        is_span = first < last
    except (ValueError, TypeError) as error:
        raise Refusal(400, VALIDATION_FAILED, "validFrom or validUntil is no time") from error
    if not is_span:
        raise Refusal(422, f"{PREFIX}VALIDITY_INVALID")


def _areas(document: Document) -> list[str]:
    optional_text_in(document, "channelHint")
    scope = optional_object_in(document, "scope")
    return names_in(scope, "areas", most=AREAS_MAX) if scope.get("areas") else []


def _emit(call: Call, credential: StoredObject, verb: str, **members: object) -> None:
    payload = {
        "keyCredentialId": credential.id,
        "propertyId": credential.body["propertyId"],
        "reservationId": credential.body["reservationId"],
        "rooms": credential.body["rooms"],
        "validFrom": credential.body["validFrom"],
        "validUntil": credential.body["validUntil"],
        "state": credential.status,
        **members,
    }
    call.emit(f"melmastoon.lock.credential.{verb}.v1", key=credential.id, payload=payload)
