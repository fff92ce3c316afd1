"""What a program that calls the API should do about each wire code; goes on the page of errors."""

from typing import Final

from bff_backoffice.presentation.problems import GENERAL, OURS

_REPAIR: Final = "A defect of the client: repair it; do not repeat the request."
_SIGN_IN: Final = "Drop the access token and let the person sign in again."
_REPEAT: Final = "Repeat after `Retry-After`, with growing pauses."
_REPEAT_KEYED: Final = "Repeat after `Retry-After` with the same `X-Idempotency-Key`."
_RENEW: Final = "Refresh the access token once and repeat; if that fails, sign in again."
_NEW_KEY: Final = "Then use a new `X-Idempotency-Key`."
_READ_AGAIN: Final = "Read the reservation again and show it; repeat only if the person wants to."

CLIENT_ADVICE: Final[dict[str, str]] = {
    f"{GENERAL}.RESOURCE_NOT_FOUND": "Do not repeat; read the list again.",
    f"{GENERAL}.METHOD_NOT_ALLOWED": _REPAIR,
    f"{GENERAL}.PAYLOAD_TOO_LARGE": "Send less; do not repeat the same body.",
    f"{GENERAL}.REQUEST_TIMEOUT": "Repeat on a better line, with the same `X-Idempotency-Key`.",
    f"{GENERAL}.UNSUPPORTED_MEDIA_TYPE": _REPAIR,
    f"{GENERAL}.MALFORMED_BODY": "See `errors` for the fields; correct them, then send anew.",
    f"{GENERAL}.MALFORMED_QUERY": "See `errors` for the parameters; correct them. A cursor that is"
    " refused is not good any more: begin with the first page.",
    f"{GENERAL}.MALFORMED_REQUEST": _REPAIR,
    f"{GENERAL}.HEADERS_TOO_LARGE": _REPAIR,
    f"{GENERAL}.DEADLINE_PASSED": f"The outcome is not known. {_REPEAT_KEYED}",
    f"{GENERAL}.INTERNAL_ERROR": "Do not repeat by itself; show `requestId` to quote to support.",
    f"{OURS}.AUTHENTICATION_REQUIRED": "Send `Authorization: DPoP` and a proof, or sign in.",
    f"{OURS}.INVALID_REQUEST": _REPAIR,
    f"{OURS}.INVALID_TOKEN": _RENEW,
    f"{OURS}.INVALID_DPOP_PROOF": "Where `serverTime` is given, correct the clock by it, sign a"
    " fresh proof and repeat once; else sign in again.",
    f"{OURS}.USE_DPOP_NONCE": "Sign a fresh proof with the `DPoP-Nonce` of this answer and repeat"
    " once.",
    f"{OURS}.SESSION_REVOKED": f"{_SIGN_IN} Do not refresh.",
    f"{OURS}.DEVICE_HEADER_MISSING": _REPAIR,
    f"{OURS}.PROOF_QUOTA_SPENT": _REPEAT,
    f"{OURS}.ACCESS_STORE_UNAVAILABLE": _REPEAT,
    f"{OURS}.SIGNING_KEYS_UNAVAILABLE": _REPEAT,
    f"{OURS}.REFRESH_REFUSED": _SIGN_IN,
    f"{OURS}.REFRESH_IN_FLIGHT": "Wait for the refresh under way; repeat after `Retry-After`.",
    f"{OURS}.REFRESH_LIMITED": _REPEAT,
    f"{OURS}.ROLE_NOT_ALLOWED": "Do not repeat; do not offer the action to this role.",
    f"{OURS}.PROPERTY_OUT_OF_SCOPE": "Do not repeat; let the person choose a property again.",
    f"{OURS}.PROPERTY_HEADER_MISSING": "Send `X-Property-Id`.",
    f"{OURS}.SCOPE_UNRESOLVED": _REPEAT,
    f"{OURS}.IDEMPOTENCY_KEY_MISSING": _REPAIR,
    f"{OURS}.IDEMPOTENCY_KEY_MALFORMED": _REPAIR,
    f"{OURS}.IDEMPOTENCY_KEY_REUSED": "Use a new key for each new request; the first stands.",
    f"{OURS}.IDEMPOTENCY_IN_FLIGHT": _REPEAT_KEYED,
    f"{OURS}.ANSWER_ERASED": "Take it as done; read the reservation again.",
    f"{OURS}.UPSTREAM_UNAVAILABLE": f"{_REPEAT} An action keeps its `X-Idempotency-Key`.",
    f"{OURS}.STORE_UNAVAILABLE": f"Nothing was sent on. {_REPEAT_KEYED}",
    f"{OURS}.OVERLOADED": f"Nothing was begun. {_REPEAT_KEYED}",
    f"{OURS}.MUTATION_NOT_PERFORMED": "It is settled: begin anew with a new `X-Idempotency-Key`.",
    f"{OURS}.RESERVATION_ILLEGAL_TRANSITION": _READ_AGAIN,
    f"{OURS}.ROOM_NOT_READY": f"Let the person choose another room. {_NEW_KEY}",
    f"{OURS}.NO_ROOM_READY": f"Let the person wait or name a room. {_NEW_KEY}",
    f"{OURS}.VERSION_CONFLICT": _READ_AGAIN,
    f"{OURS}.RESERVATION_REJECTED": "Show the sentence; do not repeat unchanged.",
    f"{OURS}.RESERVATION_NOT_CHECKED_IN": _READ_AGAIN,
    f"{OURS}.LOCK_ROOM_MISMATCH": f"Let the person choose another lock. {_NEW_KEY}",
    f"{OURS}.KEY_KIND_UNSUPPORTED": f"Let the person choose another kind. {_NEW_KEY}",
    f"{OURS}.KEY_VALIDITY_INVALID": f"See `errors` for the fields; correct them. {_NEW_KEY}",
    f"{OURS}.LOCK_NOT_REACHABLE": f"Let the person decide when to try again. {_NEW_KEY}",
    f"{OURS}.LOCK_REJECTED": "Show the sentence; do not repeat unchanged.",
}
