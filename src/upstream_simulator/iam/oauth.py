"""OAuth 2.0 for stock clients: metadata, authorization code with PKCE, token, revocation."""

import dataclasses
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call, json_answer
from upstream_simulator.iam import passwords
from upstream_simulator.iam.authorization_page import refusal_page, sign_in_form
from upstream_simulator.iam.proofs import ALGORITHMS, ProofRefused, verify_proof
from upstream_simulator.iam.sessions import (
    ACCESS_SECONDS,
    CLIENT_ID,
    RefreshRefused,
    Sessions,
    TokenPair,
)
from upstream_simulator.iam.signing_keys import base64url
from upstream_simulator.state import StoredObject

SCOPE: Final = "backoffice"
CODE_SECONDS: Final = 60
DESKTOP_REDIRECT: Final = "melmastoon://callback"
FORM_FIELDS_MAX: Final = 30

_PKCE_TEXT: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_THUMBPRINT: Final = _CHALLENGE


class OAuthRefusal(Exception):  # noqa: N818 - a refusal, not an error of ours
    """An error answer of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


def metadata(call: Call) -> Answer:
    """`GET /.well-known/oauth-authorization-server` (RFC 8414)."""
    origin = call.world.settings.iam_origin
    document = {
        "issuer": origin,
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "jwks_uri": f"{origin}/.well-known/jwks.json",
        "scopes_supported": [SCOPE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
    }
    return json_answer(document, headers={"cache-control": "public, max-age=300"})


class OAuth:
    """The endpoints of the authorization server."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def show_form(self, call: Call) -> Answer:
        """`GET /oauth/authorize`: the sign-in form, or an error to the client's redirect URI."""
        return _refused_request(call, call.query) or sign_in_form(call.query)

    def submit_form(self, call: Call) -> Answer:
        """`POST /oauth/authorize`: 303 to the redirect URI with a code, or the form again."""
        try:
            fields = _form_fields(call)
        except OAuthRefusal:
            return refusal_page("The form could not be read.")
        refused = _refused_request(call, fields)
        if refused is not None:
            return refused
        try:
            operator = passwords.check_password(
                call,
                username=fields.get("username", ""),
                password=fields.get("password", ""),
            )
        except passwords.WrongCredentials:
            return sign_in_form(fields, status=401, message="User name or password is wrong.")
        except passwords.TooManyFailures as pause:
            message = f"Too many attempts. Try again in {pause.seconds} seconds."
            return sign_in_form(fields, status=423, message=message)
        code = secrets.token_urlsafe(32)
        call.state.put(_code_object(call, operator, fields, code=code))
        return _redirect(call, fields, {"code": code})

    def token(self, call: Call) -> Answer:
        """`POST /oauth/token` (RFC 6749 §3.2, RFC 9449 §5)."""
        try:
            pair = self._granted(call)
        except OAuthRefusal as refusal:
            return _oauth_error(refusal)
        document = {
            "access_token": pair.access_token,
            "token_type": "DPoP",
            "expires_in": ACCESS_SECONDS,
            "refresh_token": pair.refresh_token,
            "scope": SCOPE,
            "device_id": pair.device_id,
        }
        return json_answer(document, headers={"cache-control": "no-store"})

    def revoke(self, call: Call) -> Answer:
        """`POST /oauth/revoke` (RFC 7009): 200 whether or not the token was known."""
        try:
            fields = _form_fields(call)
            _require_client(fields)
            refresh_token = _required_field(fields, "token")
        except OAuthRefusal as refusal:
            return _oauth_error(refusal)
        session = self._sessions.session_of(call, refresh_token)
        if session is not None:
            self._sessions.revoke(call, session, reason="client_revoked")
        return Answer(status=200, headers={"cache-control": "no-store"})

    def _granted(self, call: Call) -> TokenPair:
        fields = _form_fields(call)
        _require_client(fields)
        try:
            url = f"{call.world.settings.iam_origin}/oauth/token"
            proof = verify_proof(call, http_urls=(url,))
        except ProofRefused as refused:
            raise OAuthRefusal("invalid_dpop_proof", refused.reason) from refused
        match fields.get("grant_type"):
            case "authorization_code":
                return self._exchange_code(call, fields, thumbprint=proof.thumbprint)
            case "refresh_token":
                return self._refresh(call, fields, thumbprint=proof.thumbprint)
            case None:
                raise OAuthRefusal("invalid_request", "grant_type is missing")
            case _:
                raise OAuthRefusal("unsupported_grant_type", "code and refresh only")

    def _refresh(self, call: Call, fields: Mapping[str, str], *, thumbprint: str) -> TokenPair:
        refresh_token = _required_field(fields, "refresh_token")
        try:
            return self._sessions.refresh(
                call,
                refresh_token,
                thumbprint=thumbprint,
                idempotency_key=call.header("idempotency-key"),
            )
        except RefreshRefused as refused:
            raise OAuthRefusal("invalid_grant", "the refresh token is not valid") from refused

    def _exchange_code(
        self, call: Call, fields: Mapping[str, str], *, thumbprint: str
    ) -> TokenPair:
        code = call.state.get("iam", _code_id(fields.get("code", "")))
        if code is None or code.body["expiresAt"] <= call.at.timestamp():
            raise OAuthRefusal("invalid_grant", "the code is not valid")
        if code.status == "spent":
            self._end_what_the_code_gave(call, code)
            raise OAuthRefusal("invalid_grant", "the code is not valid")
        _check_code(code.body, fields, thumbprint=thumbprint)
        operator = call.state.get("iam", code.parent)
        if operator is None or operator.status != "active":
            raise OAuthRefusal("invalid_grant", "the code is not valid")
        pair = self._sessions.open(call, operator, thumbprint=thumbprint, device_name=None)
        spent = {**code.body, "sessionId": pair.session_id}
        call.state.put(dataclasses.replace(code, status="spent", body=spent))
        return pair

    def _end_what_the_code_gave(self, call: Call, code: StoredObject) -> None:
        """End the session of a code that came twice: it has leaked (RFC 6749 §4.1.2)."""
        session = call.state.get("iam", code.body["sessionId"])
        if session is not None:
            self._sessions.revoke(call, session, reason="authorization_code_reused")


def _check_code(code: Document, fields: Mapping[str, str], *, thumbprint: str) -> None:
    if fields.get("redirect_uri") != code["redirectUri"]:
        raise OAuthRefusal("invalid_grant", "redirect_uri is another one")
    verifier = fields.get("code_verifier", "")
    challenge = base64url(hashlib.sha256(verifier.encode()).digest())
    well_formed = _PKCE_TEXT.fullmatch(verifier) is not None
    if not well_formed or not hmac.compare_digest(challenge, code["codeChallenge"]):
        raise OAuthRefusal("invalid_grant", "code_verifier does not match")
    if code["dpopJkt"] not in {None, thumbprint}:
        raise OAuthRefusal("invalid_grant", "the code is bound to another key")


def _code_object(
    call: Call, operator: StoredObject, fields: Mapping[str, str], *, code: str
) -> StoredObject:
    return StoredObject(
        upstream="iam",
        kind="code",
        id=_code_id(code),
        tenant=operator.tenant,
        parent=operator.id,
        status="current",
        body={
            "redirectUri": fields["redirect_uri"],
            "codeChallenge": fields["code_challenge"],
            "dpopJkt": fields.get("dpop_jkt"),
            "expiresAt": call.at.timestamp() + CODE_SECONDS,
        },
    )


def _code_id(code: str) -> str:
    return "code_" + hashlib.sha256(code.encode()).hexdigest()


def _form_fields(call: Call) -> dict[str, str]:
    media_type = (call.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise OAuthRefusal("invalid_request", "the body is not a form")
    try:
        pairs = parse_qsl(
            call.body.decode("utf-8"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX
        )
    except ValueError as error:
        raise OAuthRefusal("invalid_request", "the form cannot be read") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise OAuthRefusal("invalid_request", "a parameter is repeated")
    return fields


def _required_field(fields: Mapping[str, str], name: str) -> str:
    if name not in fields:
        raise OAuthRefusal("invalid_request", f"{name} is missing")
    return fields[name]


def _require_client(fields: Mapping[str, str]) -> None:
    if fields.get("client_id") != CLIENT_ID:
        raise OAuthRefusal("invalid_client", "unknown client", 401)


def _oauth_error(refusal: OAuthRefusal) -> Answer:
    document = {"error": refusal.error, "error_description": refusal.description}
    return json_answer(document, status=refusal.status, headers={"cache-control": "no-store"})


def _refused_request(call: Call, fields: Mapping[str, str]) -> Answer | None:
    """Refuse here what must not be redirected, and by redirect what may (RFC 6749 §4.1.2.1)."""
    if fields.get("client_id") != CLIENT_ID:
        return refusal_page("This application is not known.")
    if not is_allowed_redirect(fields.get("redirect_uri", "")):
        return refusal_page("This application may not be answered there.")
    if fields.get("response_type") != "code":
        return _redirect(call, fields, {"error": "unsupported_response_type"})
    if fields.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
        fields.get("code_challenge", "")
    ):
        description = "PKCE with S256 is required"
        return _redirect(
            call, fields, {"error": "invalid_request", "error_description": description}
        )
    if "dpop_jkt" in fields and not _THUMBPRINT.fullmatch(fields["dpop_jkt"]):
        return _redirect(call, fields, {"error": "invalid_request"})
    return None


def is_allowed_redirect(uri: str) -> bool:
    """Loopback by address with any port (RFC 8252 §7.3), or the desktop's own scheme."""
    if uri == DESKTOP_REDIRECT:
        return True
    match = re.fullmatch(r"http://127\.0\.0\.1:(\d{1,5})/callback", uri, re.ASCII)
    return match is not None and 0 < int(match[1]) < 1 << 16


def _redirect(call: Call, fields: Mapping[str, str], parameters: Mapping[str, str]) -> Answer:
    answer = {**parameters, "iss": call.world.settings.iam_origin}
    if "state" in fields:
        answer["state"] = fields["state"]
    location = f"{fields['redirect_uri']}?{urlencode(answer)}"
    return Answer(status=303, headers={"location": location, "cache-control": "no-store"})
