"""iam as an upstream: its routes, in its own flat problem form."""

from typing import Final

from upstream_simulator.dialect import ANY_KEY, Dialect, flat
from upstream_simulator.exchange import (
    VALIDATION_FAILED,
    Answer,
    Call,
    Refusal,
    Route,
    json_answer,
)
from upstream_simulator.iam import oauth, passwords
from upstream_simulator.iam.proofs import ALGORITHMS, ProofRefused, VerifiedProof, verify_proof
from upstream_simulator.iam.sessions import (
    ACCESS_SECONDS,
    REFRESH_SECONDS,
    RefreshRefused,
    Sessions,
    TokenPair,
)
from upstream_simulator.iam.signing_keys import SigningKeys
from upstream_simulator.identifiers import has_prefix
from upstream_simulator.upstream import Upstream, not_found, require_service_identity

LOGIN_PATH: Final = "/api/v1/auth/login"
DEVICE_NAME_CHARACTERS_MAX: Final = 100
REFRESH_TOKEN_CHARACTERS_MAX: Final = 512

_NO_STORE: Final = {"cache-control": "no-store"}


class Iam:
    """The routes that are not OAuth's."""

    def __init__(self, keys: SigningKeys, sessions: Sessions) -> None:
        self._keys = keys
        self._sessions = sessions

    def jwks(self, _call: Call) -> Answer:
        """`GET /.well-known/jwks.json`."""
        return json_answer(self._keys.jwks(), headers={"cache-control": "public, max-age=300"})

    def login(self, call: Call) -> Answer:
        """`POST /api/v1/auth/login`: password and proof for a device-bound pair of tokens."""
        username = _text(call, "username", passwords.USERNAME_CHARACTERS_MAX)
        password = _text(call, "password", passwords.PASSWORD_CHARACTERS_MAX)
        device_name = (
            _text(call, "deviceName", DEVICE_NAME_CHARACTERS_MAX)
            if call.document.get("deviceName") is not None
            else None
        )
        proof = _verified(call, (call.world.settings.iam_origin + LOGIN_PATH,))
        try:
            operator = passwords.check_password(call, username=username, password=password)
        except passwords.WrongCredentials as error:
            raise Refusal(401, "MELMASTOON.IAM.INVALID_CREDENTIALS") from error
        except passwords.TooManyFailures as pause:
            raise Refusal(
                423,
                "MELMASTOON.IAM.ACCOUNT_LOCKED",
                headers={"retry-after": str(pause.seconds)},
            ) from pause
        pair = self._sessions.open(
            call, operator, thumbprint=proof.thumbprint, device_name=device_name
        )
        identity = {"deviceId": pair.device_id, "sessionId": pair.session_id}
        return json_answer({**_tokens(pair), **identity}, headers=_NO_STORE)

    def refresh(self, call: Call) -> Answer:
        """`POST /api/v1/auth/refresh`, for the service, which forwards its client's proof."""
        require_service_identity(call)
        refresh_token = _text(call, "refreshToken", REFRESH_TOKEN_CHARACTERS_MAX)
        key = call.header("idempotency-key")
        if key is not None and ANY_KEY.fullmatch(key) is None:
            raise Refusal(400, "MELMASTOON.GENERAL.IDEMPOTENCY_KEY_INVALID")
        proof = _verified(call, call.world.settings.bff_refresh_urls)
        try:
            pair = self._sessions.refresh(
                call, refresh_token, thumbprint=proof.thumbprint, idempotency_key=key
            )
        except RefreshRefused as refused:
            code = "SESSION_REVOKED" if refused.reason == "revoked" else "INVALID_REFRESH_TOKEN"
            raise Refusal(401, f"MELMASTOON.IAM.{code}") from refused
        return json_answer(_tokens(pair), headers=_NO_STORE)

    def logout(self, call: Call) -> Answer:
        """`POST /api/v1/auth/logout` `{"sessionId"}`, for the service: ends the family, 204."""
        require_service_identity(call)
        session_id = call.document.get("sessionId")
        session = call.state.get("iam", str(session_id)) if has_prefix("ses", session_id) else None
        if session is None:
            raise not_found()
        self._sessions.revoke(call, session, reason="signed_out")
        return Answer(status=204)


def iam_upstream(keys: SigningKeys, sessions: Sessions) -> Upstream:
    """Return iam, ready to be served at the root of its own port."""
    iam = Iam(keys, sessions)
    authorization_server = oauth.OAuth(sessions)
    metadata_path = "/.well-known/oauth-authorization-server"
    return Upstream(
        name="iam",
        plain=True,
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.io", type_by_segment=True),
            tenant_prefix="ten",
        ),
        routes=(
            Route(method="GET", pattern=metadata_path, handler=oauth.metadata),
            Route(method="GET", pattern="/.well-known/jwks.json", handler=iam.jwks),
            Route(method="POST", pattern=LOGIN_PATH, handler=iam.login),
            Route(method="POST", pattern="/api/v1/auth/refresh", handler=iam.refresh),
            Route(method="POST", pattern="/api/v1/auth/logout", handler=iam.logout),
            Route(method="GET", pattern="/oauth/authorize", handler=authorization_server.show_form),
            Route(
                method="POST",
                pattern="/oauth/authorize",
                handler=authorization_server.submit_form,
            ),
            Route(method="POST", pattern="/oauth/token", handler=authorization_server.token),
            Route(method="POST", pattern="/oauth/revoke", handler=authorization_server.revoke),
            Route(method="GET", pattern="/healthz", handler=_healthz),
        ),
    )


def _healthz(_call: Call) -> Answer:
    return json_answer({"status": "ok"})


def _tokens(pair: TokenPair) -> dict[str, object]:
    return {
        "accessToken": pair.access_token,
        "tokenType": "DPoP",
        "expiresIn": ACCESS_SECONDS,
        "refreshToken": pair.refresh_token,
        "refreshExpiresIn": REFRESH_SECONDS,
    }


def _text(call: Call, name: str, characters_max: int) -> str:
    value: object = call.document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= characters_max:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is missing or malformed")
    return value


def _verified(call: Call, http_urls: tuple[str, ...]) -> VerifiedProof:
    try:
        return verify_proof(call, http_urls=http_urls)
    except ProofRefused as refused:
        algorithms = " ".join(ALGORITHMS)
        challenge = f'DPoP error="invalid_dpop_proof", algs="{algorithms}"'
        raise Refusal(
            401,
            "MELMASTOON.IAM.INVALID_DPOP_PROOF",
            refused.reason,
            headers={"www-authenticate": challenge},
        ) from refused
