"""Sessions, devices and refresh-token families.

A session is one family: each refresh spends a token and makes its successor. A spent token that
comes back ends the family (RFC 9700 §4.14.2), unless it is the same caller's own retry: same
idempotency key, same proof key, within a minute. The retry gets the very same pair.
"""

import dataclasses
from dataclasses import dataclass
from typing import Final

from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Call
from upstream_simulator.iam.signing_keys import SigningKeys
from upstream_simulator.identifiers import new_id
from upstream_simulator.state import Question, StoredObject

ACCESS_SECONDS: Final = 15 * 60
REFRESH_SECONDS: Final = 30 * 24 * 3600
RETRY_SECONDS: Final = 60
CLIENT_ID: Final = "melmastoon-desktop"
ACR_OF_ONE_FACTOR: Final = "urn:melmastoon:acr:password"
SESSION_REVOKED: Final = "melmastoon.iam.session.revoked.v1"


class RefreshRefused(Exception):  # noqa: N818 - a refusal, not an error of ours
    """The refresh token is good for nothing; `reason` comes from a closed list."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """What a login or a refresh gives."""

    access_token: str
    refresh_token: str
    session_id: str
    device_id: str


class Sessions:
    """Opens, renews and ends sessions; every method runs in the call's transaction."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def open(
        self, call: Call, operator: StoredObject, *, thumbprint: str, device_name: str | None
    ) -> TokenPair:
        """Start a session on the device that holds this proof key."""
        call.tenant = operator.tenant
        device = self._device(call, operator, thumbprint=thumbprint, name=device_name)
        session_id = new_id("ses", call.at)
        body = {
            "id": session_id,
            "operatorId": operator.id,
            "deviceId": device,
            "jkt": thumbprint,
            "authTime": int(call.at.timestamp()),
            "state": "active",
            "createdAt": rfc3339(call.at),
        }
        session = StoredObject(
            upstream="iam",
            kind="session",
            id=session_id,
            tenant=operator.tenant,
            parent=operator.id,
            status="active",
            body=body,
        )
        call.state.put(session)
        call.emit(
            "melmastoon.iam.user.login_succeeded.v1",
            key=operator.id,
            payload={"operatorId": operator.id, "sessionId": session_id, "deviceId": device},
        )
        return self._pair(self._issue(call, session, operator))

    def refresh(
        self, call: Call, refresh_token: str, *, thumbprint: str, idempotency_key: str | None
    ) -> TokenPair:
        """Spend the token for a new pair; raise RefreshRefused. Reuse ends the session."""
        refresh_id = self._keys.refresh_id(refresh_token)
        token = call.state.get("iam", refresh_id) if refresh_id is not None else None
        if token is None:
            raise RefreshRefused("unknown")
        session, operator = self._family(call, token)
        if session.body["jkt"] != thumbprint:
            raise RefreshRefused("other_key")
        call.tenant = session.tenant
        now = call.at.timestamp()
        if token.status == "spent":
            if _is_retry(token, idempotency_key, now=now):
                return self._pair(_required(call, token.body["successor"]))
            self.revoke(call, session, reason="refresh_token_reused")
            raise RefreshRefused("reused")
        if token.body["expiresAt"] <= now:
            raise RefreshRefused("expired")
        successor = self._issue(call, session, operator)
        spent = {"spentAt": now, "idempotencyKey": idempotency_key, "successor": successor.id}
        call.state.put(dataclasses.replace(token, status="spent", body={**token.body, **spent}))
        call.emit(
            "melmastoon.iam.session.refreshed.v1",
            key=session.id,
            payload={"sessionId": session.id, "operatorId": operator.id},
        )
        return self._pair(successor)

    def revoke(self, call: Call, session: StoredObject, *, reason: str) -> None:
        """End the session and its family; telling it twice tells it once."""
        if session.status == "revoked":
            return
        call.tenant = session.tenant
        ended = {"state": "revoked", "revokedAt": rfc3339(call.at), "revokeReason": reason}
        call.state.put(
            dataclasses.replace(session, status="revoked", body={**session.body, **ended})
        )
        payload = {
            "sessionId": session.id,
            "operatorId": session.body["operatorId"],
            "deviceId": session.body["deviceId"],
            "reason": reason,
            "revokedAt": ended["revokedAt"],
        }
        call.emit(SESSION_REVOKED, key=session.id, payload=payload)

    def revoke_all_of(self, call: Call, operator_id: str, *, reason: str) -> None:
        """End every session of an operator of the call's tenant."""
        question = Question(
            upstream="iam",
            kind="session",
            tenant=call.tenant,
            parent=operator_id,
            statuses=("active",),
        )
        for session in call.state.find(question):
            self.revoke(call, session, reason=reason)

    def session_of(self, call: Call, refresh_token: str) -> StoredObject | None:
        """Return the session a refresh token of ours belongs to."""
        refresh_id = self._keys.refresh_id(refresh_token)
        token = call.state.get("iam", refresh_id) if refresh_id is not None else None
        return None if token is None else call.state.get("iam", token.parent)

    def _family(self, call: Call, token: StoredObject) -> tuple[StoredObject, StoredObject]:
        session = _required(call, token.parent)
        if session.status != "active":
            raise RefreshRefused("revoked")
        operator = _required(call, session.parent)
        if operator.status != "active":
            raise RefreshRefused("revoked")
        return session, operator

    def _issue(self, call: Call, session: StoredObject, operator: StoredObject) -> StoredObject:
        now = int(call.at.timestamp())
        claims: Document = {
            "iss": call.world.settings.iam_origin,
            "aud": call.world.settings.audience,
            "exp": now + ACCESS_SECONDS,
            "nbf": now,
            "iat": now,
            "jti": new_id("jti", call.at),
            "client_id": CLIENT_ID,
            "sub": operator.id,
            "tid": f"tnt_{operator.tenant}",
            "device_id": session.body["deviceId"],
            "sid": session.id,
            "roles": operator.body["roles"],
            "property_ids": operator.body["propertyIds"],
            "acr": ACR_OF_ONE_FACTOR,
            "amr": ["pwd"],
            "auth_time": session.body["authTime"],
            "cnf": {"jkt": session.body["jkt"]},
        }
        token = StoredObject(
            upstream="iam",
            kind="refresh_token",
            id=new_id("rft", call.at),
            tenant=session.tenant,
            parent=session.id,
            status="current",
            body={"expiresAt": now + REFRESH_SECONDS, "accessClaims": claims},
        )
        call.state.put(token)
        return token

    def _pair(self, token: StoredObject) -> TokenPair:
        claims: Document = token.body["accessClaims"]
        return TokenPair(
            access_token=self._keys.access_token(claims),
            refresh_token=self._keys.refresh_token(token.id),
            session_id=claims["sid"],
            device_id=claims["device_id"],
        )

    @staticmethod
    def _device(call: Call, operator: StoredObject, *, thumbprint: str, name: str | None) -> str:
        question = Question(
            upstream="iam", kind="device", tenant=operator.tenant, parent=thumbprint, limit=1
        )
        for known in call.state.find(question):
            return known.id
        device_id = new_id("dev", call.at)
        body = {
            "id": device_id,
            "jkt": thumbprint,
            "displayName": name or "Front desk",
            "registeredAt": rfc3339(call.at),
        }
        call.state.put(
            StoredObject(
                upstream="iam",
                kind="device",
                id=device_id,
                tenant=operator.tenant,
                parent=thumbprint,
                status="registered",
                body=body,
            )
        )
        call.emit(
            "melmastoon.iam.device.registered.v1", key=device_id, payload={"deviceId": device_id}
        )
        return device_id


def _is_retry(token: StoredObject, idempotency_key: str | None, *, now: float) -> bool:
    return (
        idempotency_key is not None
        and token.body["idempotencyKey"] == idempotency_key
        and now - token.body["spentAt"] <= RETRY_SECONDS
    )


def _required(call: Call, identifier: str) -> StoredObject:
    found = call.state.get("iam", identifier)
    if found is None:
        raise RefreshRefused("unknown")
    return found
