"""iam: what signs in, what refreshes, and everything it must refuse."""

import base64
import hashlib
import json
import secrets
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.integration.simulator.conftest import Hotel, SignedIn, login, sign_in
from tests.integration.simulator.proof_key import ProofKey, base64url
from tests.integration.simulator.simulator_process import (
    BFF_REFRESH_URL,
    CLIENT_ORIGIN,
    Json,
    Reply,
    SimulatorProcess,
)

REDIRECT = "http://127.0.0.1:49152/callback"


def claims_of(token: str) -> Json:
    payload = token.split(".")[1]
    padded = payload + "=" * (-len(payload) % 4)
    found: Json = json.JSONDecoder().decode(base64.urlsafe_b64decode(padded).decode())
    return found


def refresh_for_bff(
    simulator: SimulatorProcess,
    signed_in: SignedIn,
    *,
    token: str | None = None,
    key: ProofKey | None = None,
    idempotency_key: str | None = None,
    identity: str | None = None,
) -> Reply:
    headers = {
        "authorization": f"Bearer {identity or simulator.identity}",
        "dpop": (key or signed_in.key).proof("POST", BFF_REFRESH_URL),
    }
    if idempotency_key is not None:
        headers["idempotency-key"] = idempotency_key
    body = {"refreshToken": token or signed_in.refresh_token}
    return simulator.iam("POST", "/api/v1/auth/refresh", body, headers)


def test_a_login_gives_a_token_bound_to_the_proofs_key(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    signed_in = sign_in(simulator, clerk)

    claims = claims_of(signed_in.answer["accessToken"])
    assert claims["cnf"] == {"jkt": signed_in.key.thumbprint}
    assert claims["sub"] == clerk["id"]
    assert claims["tid"] == simulator.tenants()[0]["id"]
    assert claims["roles"] == clerk["roles"]
    assert claims["property_ids"] == clerk["propertyIds"]
    assert claims["device_id"] == signed_in.answer["deviceId"]
    assert claims["sid"] == signed_in.answer["sessionId"]
    assert claims["exp"] - claims["iat"] == 900
    assert signed_in.answer["tokenType"] == "DPoP"


def test_the_tokens_signature_verifies_with_the_published_key(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - one test
        Ed25519PublicKey,
    )

    token: str = sign_in(simulator, clerk).answer["accessToken"]
    (key,) = simulator.iam("GET", "/.well-known/jwks.json").json["keys"]

    signed, _, signature = token.rpartition(".")
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    public.verify(base64.urlsafe_b64decode(signature + "=="), signed.encode())
    assert key["kid"].startswith("sandbox-")


def test_the_same_key_is_the_same_device_and_another_key_another(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    first = sign_in(simulator, clerk)
    again = sign_in(simulator, clerk, first.key)
    other = sign_in(simulator, clerk)

    assert first.answer["deviceId"] == again.answer["deviceId"]
    assert first.answer["sessionId"] != again.answer["sessionId"]
    assert other.answer["deviceId"] != first.answer["deviceId"]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"htm": "GET"}, "htm"),
        ({"htu": "http://127.0.0.1:1/api/v1/auth/login"}, "htu"),
        ({"iat": int(time.time()) - 3600}, "iat"),  # noqa: TID251 - a real client's clock
        ({"iat": int(time.time()) + 3600}, "iat"),  # noqa: TID251 - a real client's clock
        ({"iat": None}, "iat"),
        ({"iat": True}, "iat"),
        ({"jti": ""}, "jti"),
        ({"jti": None}, "jti"),
        ({"ath": "x"}, "ath"),
    ],
)
def test_a_proof_that_says_something_wrong_is_refused(
    simulator: SimulatorProcess, clerk: Json, claims: Json, reason: str
) -> None:
    reply = login(simulator, clerk["username"], clerk["password"], ProofKey(), **claims)

    assert reply.status == 401
    assert reply.json["code"] == "MELMASTOON.IAM.INVALID_DPOP_PROOF"
    assert reply.json["detail"] == reason
    assert "DPoP" in reply.headers["www-authenticate"]


def test_a_proof_is_good_once(simulator: SimulatorProcess, clerk: Json) -> None:
    key, jti = ProofKey(), secrets.token_urlsafe(8)

    first = login(simulator, clerk["username"], clerk["password"], key, jti=jti)
    second = login(simulator, clerk["username"], clerk["password"], key, jti=jti)

    assert first.status == 200
    assert (second.status, second.json["detail"]) == (401, "replayed")


@pytest.mark.parametrize("proof", ["", "a.b.c", "x" * 5000])
def test_garbled_proofs_are_refused(simulator: SimulatorProcess, clerk: Json, proof: str) -> None:
    body = {"username": clerk["username"], "password": clerk["password"]}

    reply = simulator.iam("POST", "/api/v1/auth/login", body, {"dpop": proof})

    assert reply.status == 401


def test_a_proof_signed_by_another_key_is_refused(simulator: SimulatorProcess, clerk: Json) -> None:
    mine, other = ProofKey(), ProofKey()
    url = f"{simulator.iam_origin}/api/v1/auth/login"
    header, payload, _ = mine.proof("POST", url).split(".")
    forged = f"{header}.{payload}.{other.proof('POST', url).split('.')[2]}"
    body = {"username": clerk["username"], "password": clerk["password"]}

    reply = simulator.iam("POST", "/api/v1/auth/login", body, {"dpop": forged})

    assert (reply.status, reply.json["detail"]) == (401, "signature")


def test_unknown_user_and_wrong_password_look_alike_and_both_get_a_pause(
    simulator: SimulatorProcess, dushanbe: Hotel
) -> None:
    known = next(iter(dushanbe.operators.values()))["username"]

    answers = {
        username: [login(simulator, username, "wrong", ProofKey()) for _ in range(6)]
        for username in (known, "nobody@nowhere")
    }

    for replies in answers.values():
        assert [reply.status for reply in replies] == [401] * 5 + [423]
        assert replies[5].json["code"] == "MELMASTOON.IAM.ACCOUNT_LOCKED"
    first, second = ({**replies[0].json, "traceId": None} for replies in answers.values())
    assert first == second


def test_a_refresh_rotates_and_keeps_the_time_of_sign_in(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    signed_in = sign_in(simulator, clerk)

    reply = refresh_for_bff(simulator, signed_in)

    assert reply.status == 200
    assert reply.json["refreshToken"] != signed_in.refresh_token
    before, after = claims_of(signed_in.answer["accessToken"]), claims_of(reply.json["accessToken"])
    assert after["auth_time"] == before["auth_time"]
    assert after["sid"] == before["sid"]
    assert after["jti"] != before["jti"]
    assert set(reply.json) == {
        "accessToken",
        "tokenType",
        "expiresIn",
        "refreshToken",
        "refreshExpiresIn",
    }


def test_reuse_of_a_refresh_token_ends_the_family_and_says_so(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    signed_in = sign_in(simulator, clerk)
    successor = refresh_for_bff(simulator, signed_in).json["refreshToken"]

    reused = refresh_for_bff(simulator, signed_in)

    assert (reused.status, reused.json["code"]) == (401, "MELMASTOON.IAM.INVALID_REFRESH_TOKEN")
    assert refresh_for_bff(simulator, signed_in, token=successor).status == 401
    session_id = signed_in.answer["sessionId"]
    assert simulator.admin("GET", f"/state/iam/{session_id}").json["state"] == "revoked"
    events = simulator.admin("GET", "/events?upstream=iam").json["items"]
    assert any(
        "melmastoon.iam.session.revoked.v1" in item["event"] and session_id in item["event"]
        for item in events
    )


def test_a_retry_with_the_same_key_gets_the_very_same_pair(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    signed_in = sign_in(simulator, clerk)

    first = refresh_for_bff(simulator, signed_in, idempotency_key="the-same-key")
    retry = refresh_for_bff(simulator, signed_in, idempotency_key="the-same-key")

    assert first.status == 200
    assert retry.json == first.json
    next_one = refresh_for_bff(simulator, signed_in, token=retry.json["refreshToken"])
    assert next_one.status == 200


def test_the_same_idempotency_key_from_another_proof_key_is_refused_and_changes_nothing(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    signed_in = sign_in(simulator, clerk)
    first = refresh_for_bff(simulator, signed_in, idempotency_key="k")

    stolen = refresh_for_bff(simulator, signed_in, idempotency_key="k", key=ProofKey())

    assert stolen.status == 401
    assert refresh_for_bff(simulator, signed_in, idempotency_key="k").json == first.json


def test_a_refresh_needs_the_services_identity(simulator: SimulatorProcess, clerk: Json) -> None:
    signed_in = sign_in(simulator, clerk)

    refused = refresh_for_bff(simulator, signed_in, identity="somebody-else")

    assert refused.status == 401
    assert refresh_for_bff(simulator, signed_in).status == 200


def test_sign_out_ends_the_session(simulator: SimulatorProcess, clerk: Json) -> None:
    signed_in = sign_in(simulator, clerk)
    identity = {"authorization": f"Bearer {simulator.identity}"}
    body = {"sessionId": signed_in.answer["sessionId"]}

    assert simulator.iam("POST", "/api/v1/auth/logout", body).status == 401
    assert simulator.iam("POST", "/api/v1/auth/logout", body, identity).status == 204

    refused = refresh_for_bff(simulator, signed_in)
    assert (refused.status, refused.json["code"]) == (401, "MELMASTOON.IAM.SESSION_REVOKED")


# --- authorization code ---


def authorize(simulator: SimulatorProcess, operator: Json, **changes: str) -> Reply:
    """Send the form as a browser does."""
    fields = {
        "response_type": "code",
        "client_id": "melmastoon-desktop",
        "redirect_uri": REDIRECT,
        "code_challenge": base64url(hashlib.sha256(b"v" * 43).digest()),
        "code_challenge_method": "S256",
        "state": "opaque",
        **changes,
    }
    credentials = {"username": operator["username"], "password": operator["password"]}
    return simulator.form("/oauth/authorize", {**fields, **credentials}, {})


def code_of(reply: Reply) -> str:
    assert reply.status == 303, reply.body
    return parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]


def exchange(simulator: SimulatorProcess, code: str, key: ProofKey, /, **changes: str) -> Reply:
    fields = {
        "grant_type": "authorization_code",
        "client_id": "melmastoon-desktop",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": "v" * 43,
        **changes,
    }
    proof = key.proof("POST", f"{simulator.iam_origin}/oauth/token")
    return simulator.form("/oauth/token", fields, {"dpop": proof})


def test_the_code_grant_gives_tokens_and_a_device(simulator: SimulatorProcess, clerk: Json) -> None:
    key = ProofKey()
    redirected = authorize(simulator, clerk)
    parameters = parse_qs(urlsplit(redirected.headers["location"]).query)

    reply = exchange(simulator, code_of(redirected), key)

    assert parameters["state"] == ["opaque"]
    assert parameters["iss"] == [simulator.iam_origin]
    assert reply.status == 200
    assert reply.json["token_type"] == "DPoP"
    assert reply.json["device_id"].startswith("dev_")
    assert claims_of(reply.json["access_token"])["cnf"]["jkt"] == key.thumbprint
    assert reply.headers["cache-control"] == "no-store"


def test_the_form_is_plain_html_and_keeps_the_request(simulator: SimulatorProcess) -> None:
    query = urlencode(
        {
            "response_type": "code",
            "client_id": "melmastoon-desktop",
            "redirect_uri": REDIRECT,
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
            "state": '"><script>',
        }
    )

    reply = simulator.iam("GET", f"/oauth/authorize?{query}")

    page = reply.body.decode()
    assert reply.status == 200
    assert 'name="username"' in page
    assert 'name="password"' in page
    assert "<script>" not in page
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]


def test_a_code_that_comes_twice_ends_what_it_gave(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    key, code = ProofKey(), code_of(authorize(simulator, clerk))
    pair = exchange(simulator, code, key).json

    second = exchange(simulator, code, key)

    assert (second.status, second.json["error"]) == (400, "invalid_grant")
    refreshed = exchange(
        simulator, "", key, grant_type="refresh_token", refresh_token=pair["refresh_token"]
    )
    assert (refreshed.status, refreshed.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error", "status"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant", 400),
        ({"code_verifier": "short"}, "invalid_grant", 400),
        ({"redirect_uri": "http://127.0.0.1:1/callback"}, "invalid_grant", 400),
        ({"client_id": "somebody"}, "invalid_client", 401),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"code": "guessed"}, "invalid_grant", 400),
    ],
)
def test_a_wrong_exchange_is_refused_and_leaves_the_code_good(
    simulator: SimulatorProcess, clerk: Json, changes: dict[str, str], error: str, status: int
) -> None:
    key, code = ProofKey(), code_of(authorize(simulator, clerk))

    refused = exchange(simulator, code, key, **changes)

    assert (refused.status, refused.json["error"]) == (status, error)
    assert exchange(simulator, code, key).status == 200


def test_an_exchange_without_a_proof_is_refused(simulator: SimulatorProcess, clerk: Json) -> None:
    code = code_of(authorize(simulator, clerk))

    fields = {"grant_type": "authorization_code", "client_id": "melmastoon-desktop", "code": code}
    reply = simulator.form("/oauth/token", fields, {})

    assert (reply.status, reply.json["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:49152/callback",
        "http://127.0.0.1:49152/other",
        "http://127.0.0.1:99999/callback",
        "https://127.0.0.1:49152/callback",
        "http://127.0.0.1:49152/callback?x=1",
        "http://127.0.0.1.evil.example:1/callback",
        "https://evil.example/callback",
    ],
)
def test_no_code_goes_to_another_redirect_uri(
    simulator: SimulatorProcess, clerk: Json, redirect_uri: str
) -> None:
    reply = authorize(simulator, clerk, redirect_uri=redirect_uri)

    assert reply.status == 400
    assert "location" not in reply.headers


def test_the_desktops_own_scheme_is_a_redirect_uri(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    reply = authorize(simulator, clerk, redirect_uri="melmastoon://callback")

    assert reply.headers["location"].startswith("melmastoon://callback?code=")


def test_pkce_is_required_and_plain_is_not_enough(simulator: SimulatorProcess, clerk: Json) -> None:
    reply = authorize(simulator, clerk, code_challenge_method="plain")

    parameters = parse_qs(urlsplit(reply.headers["location"]).query)
    assert parameters["error"] == ["invalid_request"]
    assert "code" not in parameters


def test_a_wrong_password_shows_the_form_again(simulator: SimulatorProcess, clerk: Json) -> None:
    reply = authorize(simulator, {**clerk, "password": "wrong"})

    assert reply.status == 401
    assert b"wrong" in reply.body
    assert "location" not in reply.headers


def test_revocation_ends_the_family_and_does_not_tell_what_it_knew(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    key = ProofKey()
    pair = exchange(simulator, code_of(authorize(simulator, clerk)), key).json
    fields = {"client_id": "melmastoon-desktop", "token": pair["refresh_token"]}

    assert simulator.form("/oauth/revoke", fields, {}).status == 200
    assert simulator.form("/oauth/revoke", {**fields, "token": "x"}, {}).status == 200

    refreshed = exchange(
        simulator, "", key, grant_type="refresh_token", refresh_token=pair["refresh_token"]
    )
    assert refreshed.json["error"] == "invalid_grant"


def test_the_metadata_names_what_there_is(simulator: SimulatorProcess) -> None:
    metadata = simulator.iam("GET", "/.well-known/oauth-authorization-server").json

    assert metadata["issuer"] == simulator.iam_origin
    assert metadata["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA", "Ed25519"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert "refresh_token" in metadata["grant_types_supported"]


def test_the_clients_pages_may_sign_in_and_other_pages_may_not(
    simulator: SimulatorProcess,
) -> None:
    def preflight(origin: str) -> Reply:
        headers = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "dpop,content-type",
        }
        return simulator.iam("OPTIONS", "/api/v1/auth/login", None, headers)

    assert preflight(CLIENT_ORIGIN).headers["access-control-allow-origin"] == CLIENT_ORIGIN
    refused = preflight("https://evil.example")
    assert refused.status == 400
    assert "access-control-allow-origin" not in refused.headers


def test_a_suspended_membership_ends_sessions_and_sign_in(
    simulator: SimulatorProcess, kabul: Hotel
) -> None:
    operator = kabul.operators["laila.frontdesk@kabul-grand"]
    signed_in = sign_in(simulator, operator)
    path = f"/tenant/api/v1/tenants/tnt_{kabul.tenant}/operators/{operator['id']}/membership"

    def move(verb: str) -> int:
        headers = kabul.headers(x_idempotency_key=secrets.token_hex(8))
        return simulator.upstream("POST", f"{path}/{verb}", {}, headers).status

    assert move("suspend") == 200
    assert refresh_for_bff(simulator, signed_in).status == 401
    key = ProofKey()
    assert login(simulator, operator["username"], operator["password"], key).status == 401
    assert move("suspend") == 409
    assert move("reactivate") == 200
    assert login(simulator, operator["username"], operator["password"], key).status == 200
