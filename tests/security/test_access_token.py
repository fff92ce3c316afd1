"""The access token itself: iam's, for us, now, whole (RFC 9068 §4, RFC 8725)."""

import json

import pytest
from tests.access_desk import TOKEN_POLICY, Desk
from tests.tokens import (
    ABSENT,
    AUDIENCE,
    ISSUER,
    SigningKey,
    edwards_key,
    elliptic_key,
    encode_json,
    hmac_signature,
    jws,
    rsa_key,
)

from bff_backoffice.security.access_token import TokenPolicy

CLAIM = "token.invalid:claim"
TIME = "token.invalid:time"


def token_with(desk: Desk, **claims: object) -> str:
    return desk.issuer.token(desk.clock.epoch_seconds(), desk.device_key.thumbprint, **claims)


def token_of(desk: Desk, header: dict[str, object] | str, key: SigningKey | None = None) -> str:
    claims = desk.issuer.claims(desk.clock.epoch_seconds(), desk.device_key.thumbprint)
    return jws(header, claims, (key or desk.issuer.key).sign)


async def refused_token(desk: Desk, token: str) -> str:
    return await desk.refused(desk.offer_token(token))


@pytest.mark.parametrize(
    "typ", [ABSENT, None, "", "JWT", "dpop+jwt", "at+jwt ", "at", 1, True, ["at+jwt"]]
)
async def test_a_token_of_another_type_is_refused(desk: Desk, typ: object) -> None:
    token = token_of(desk, desk.issuer.header(typ=typ))

    assert await refused_token(desk, token) == "token.invalid:typ"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_tokens_type_compares_without_case(desk: Desk, typ: str) -> None:
    await desk.admitted(desk.offer_token(token_of(desk, desk.issuer.header(typ=typ))))


@pytest.mark.parametrize(
    "alg",
    [ABSENT, None, "", "none", "NONE", "eddsa", "Ed25519", "HS256", "RS256", "ES256", 1, True],
)
async def test_a_token_of_another_algorithm_is_refused(desk: Desk, alg: object) -> None:
    token = token_of(desk, desk.issuer.header(alg=alg))

    assert await refused_token(desk, token) == "token.invalid:alg"


@pytest.mark.parametrize("extension", [{"crit": ["x"]}, {"crit": []}, {"b64": False}])
async def test_a_token_with_a_critical_extension_is_refused(
    desk: Desk, extension: dict[str, object]
) -> None:
    token = token_of(desk, desk.issuer.header(**extension))

    assert await refused_token(desk, token) == "token.invalid:alg"


async def test_an_unsigned_token_is_refused(desk: Desk) -> None:
    claims = desk.issuer.claims(desk.clock.epoch_seconds(), desk.device_key.thumbprint)
    unsigned = f"{encode_json(desk.issuer.header(alg='none'))}.{encode_json(claims)}."

    assert await refused_token(desk, unsigned) == "token.invalid:shape"


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(desk: Desk) -> None:
    secret = json.dumps(desk.issuer.key.jwk).encode()
    claims = desk.issuer.claims(desk.clock.epoch_seconds(), desk.device_key.thumbprint)
    for alg in ("HS256", "EdDSA"):
        token = jws(desk.issuer.header(alg=alg), claims, hmac_signature(secret))
        refusal = await refused_token(desk, token)
        assert refusal == ("token.invalid:alg" if alg == "HS256" else "token.invalid:signature")


@pytest.mark.parametrize(
    "key", [edwards_key(), elliptic_key(), rsa_key()], ids=["OKP", "EC", "RSA"]
)
async def test_a_token_of_a_stranger_is_refused(desk: Desk, key: SigningKey) -> None:
    token = token_of(desk, desk.issuer.header(jwk=key.jwk), key)

    assert await refused_token(desk, token) == "token.invalid:signature"


@pytest.mark.parametrize("kid", [ABSENT, None, "", 1, True, ["iam-1"], "x" * 257, "iam-2", "IAM-1"])
async def test_a_token_that_names_no_known_key_is_refused(desk: Desk, kid: object) -> None:
    token = token_of(desk, desk.issuer.header(kid=kid))

    assert await refused_token(desk, token) == "token.invalid:kid"


@pytest.mark.parametrize("text", ["", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "=.=.="])
async def test_a_token_of_another_shape_is_refused(desk: Desk, text: str) -> None:
    refusal = await desk.refused(desk.offer(authorization=f"DPoP {text}"))

    assert refusal in ("token.invalid:shape", "credential.malformed:authorization_shape")


@pytest.mark.parametrize(
    "iss",
    [
        ABSENT, None, "", "https://iam.example/", "https://iam.example:443", "http://iam.example",
        "HTTPS://iam.example", "https://iam.example.evil.example", 1, True, [ISSUER],
        {"iss": ISSUER},
    ],
)  # fmt: skip
async def test_a_token_of_another_issuer_is_refused(desk: Desk, iss: object) -> None:
    assert await refused_token(desk, token_with(desk, iss=iss)) == "token.invalid:issuer"


@pytest.mark.parametrize(
    "aud",
    [
        ABSENT, None, "", "bff", "BFF-BACKOFFICE", f"{AUDIENCE} other", 1, True, [], [[AUDIENCE]],
        ["other"], [None], {AUDIENCE: 1}, {"aud": AUDIENCE},
    ],
)  # fmt: skip
async def test_a_token_for_another_audience_is_refused(desk: Desk, aud: object) -> None:
    assert await refused_token(desk, token_with(desk, aud=aud)) == "token.invalid:audience"


async def test_a_token_for_us_among_others_is_taken(desk: Desk) -> None:
    await desk.admitted(desk.offer_token(token_with(desk, aud=["other", AUDIENCE, 1])))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"exp": 0}, TIME),
        ({"exp": 900}, TIME),
        ({"iat": 6}, TIME),
        ({"iat": -3600}, TIME),
        ({"iat": -2700.5, "exp": 901}, TIME),
        ({"nbf": 6}, TIME),
        ({"exp": 1e300}, TIME),
        ({"auth_time": 6}, CLAIM),
    ],
)
async def test_a_token_out_of_its_time_is_refused(
    desk: Desk, changes: dict[str, float], refusal: str
) -> None:
    now = int(desk.clock.epoch_seconds())
    if changes == {"exp": 900}:
        desk.clock.advance(900)
        token = desk.token
        desk.token = token_with(desk)
        assert await refused_token(desk, token) == refusal
        return
    moments = {name: now + offset for name, offset in changes.items()}

    assert await refused_token(desk, token_with(desk, **moments)) == refusal


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": 5},
        {"nbf": 5},
        {"nbf": ABSENT},
        {"iat": 5, "auth_time": 5},
        {"exp": 1},
        {"acr": ABSENT},
    ],
)
async def test_a_token_at_the_edge_of_its_time_is_taken(
    desk: Desk, changes: dict[str, object]
) -> None:
    now = desk.clock.epoch_seconds()
    moments = {
        name: now + offset if isinstance(offset, int | float) else offset
        for name, offset in changes.items()
    }

    await desk.admitted(desk.offer_token(token_with(desk, **moments)))


@pytest.mark.parametrize("name", ["exp", "iat", "auth_time", "nbf"])
@pytest.mark.parametrize("value", [None, "", "1773480413", True, [], {}, -1])
async def test_a_time_that_is_no_number_is_refused(desk: Desk, name: str, value: object) -> None:
    assert await refused_token(desk, token_with(desk, **{name: value})) == CLAIM


@pytest.mark.parametrize("name", ["exp", "iat", "auth_time"])
async def test_a_time_that_never_ends_is_refused(desk: Desk, name: str) -> None:
    """`NaN` compares false with everything: a token with it would never expire."""
    claims = json.dumps(
        desk.issuer.claims(desk.clock.epoch_seconds(), desk.device_key.thumbprint, **{name: "@"})
    )
    for literal in ("NaN", "Infinity", "1e400"):
        token = jws(desk.issuer.header(), claims.replace('"@"', literal), desk.issuer.key.sign)
        assert await refused_token(desk, token) == "token.invalid:shape"


@pytest.mark.parametrize("name", ["jti", "client_id", "sid"])
@pytest.mark.parametrize("value", [ABSENT, None, "", 1, True, [], ["x"], {}, "x" * 257])
async def test_a_text_claim_that_is_missing_or_wrong_is_refused(
    desk: Desk, name: str, value: object
) -> None:
    assert await refused_token(desk, token_with(desk, **{name: value})) == CLAIM


@pytest.mark.parametrize(("name", "prefix"), [("tid", "tnt"), ("sub", "opr"), ("device_id", "dev")])
@pytest.mark.parametrize(
    "value",
    [
        ABSENT, None, "", 1, [], "{0}_", "{0}_x", "{0}01HZX8QJ5T9W2V4Y6B8D0F2H4K",
        "xxx_01HZX8QJ5T9W2V4Y6B8D0F2H4K", "{0}_01hzx8qj5t9w2v4y6b8d0f2h4k",
        "{0}_81HZX8QJ5T9W2V4Y6B8D0F2H4K", "{0}_01HZX8QJ5T9W2V4Y6B8D0F2H4K:x",
        "{0}_01HZX8QJ5T9W2V4Y6B8D0F2H4K\n", "{0}_01HZX8QJ5T9W2V4Y6B8D0F2H4\u0664",
    ],
)  # fmt: skip
async def test_an_identifier_claim_of_another_form_is_refused(
    desk: Desk, name: str, prefix: str, value: object
) -> None:
    text = value.format(prefix) if isinstance(value, str) else value

    assert await refused_token(desk, token_with(desk, **{name: text})) == CLAIM


@pytest.mark.parametrize("name", ["roles", "property_ids"])
@pytest.mark.parametrize(
    "value", [ABSENT, None, "", "front_desk", 1, {}, [1], [None], [["x"]], ["x", 1], ["x"] * 513]
)
async def test_a_list_claim_of_another_form_is_refused(
    desk: Desk, name: str, value: object
) -> None:
    assert await refused_token(desk, token_with(desk, **{name: value})) == CLAIM


@pytest.mark.parametrize("acr", [None, "", 1, []])
async def test_a_wrong_acr_is_refused(desk: Desk, acr: object) -> None:
    assert await refused_token(desk, token_with(desk, acr=acr)) == CLAIM


async def test_the_principal_is_what_the_token_says(desk: Desk) -> None:
    principal = await desk.admitted()

    claims = desk.issuer.claims(desk.clock.epoch_seconds(), desk.device_key.thumbprint)
    assert principal.tenant_id == claims["tid"]
    assert principal.operator_id == claims["sub"]
    assert principal.device_id == claims["device_id"]
    assert principal.iam_session_id == claims["sid"]
    assert principal.roles == {"front_desk"}
    assert list(principal.property_ids) == claims["property_ids"]


async def test_a_remembered_token_still_ends(desk: Desk) -> None:
    first = desk.token
    await desk.admitted()
    desk.clock.advance(900)
    desk.token = token_with(desk)

    assert await refused_token(desk, first) == TIME


async def test_a_remembered_token_is_forgotten_with_its_key(desk: Desk) -> None:
    """Once iam has taken the key back, what it signed is refused from the next fetch on."""
    first = desk.token
    await desk.admitted()
    desk.issuer = type(desk.issuer)(key=edwards_key(), key_id="iam-2")
    desk.source.document = desk.issuer.key_set()
    desk.clock.advance(301)
    desk.token = token_with(desk)
    await desk.admitted()

    assert await refused_token(desk, first) == "token.invalid:kid"


async def test_a_quiet_instance_learns_of_a_removed_key_too(desk: Desk) -> None:
    """Only remembered tokens come in, so nothing but their use makes it look again."""
    stolen = desk.token
    await desk.admitted()
    desk.source.document = type(desk.issuer)(key=edwards_key(), key_id="iam-2").key_set()
    desk.clock.advance(301)

    await desk.admitted(desk.offer_token(stolen))  # This one starts the look-up.
    await desk.signing_keys.load()

    with pytest.raises(Exception, match=r"token\.invalid"):
        await desk.admitted(desk.offer_token(stolen))


async def test_the_memory_of_tokens_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bff_backoffice.application.access.authenticate.REMEMBERED_TOKENS_MAX", 3)
    for number in range(10):
        await desk.admitted(desk.offer_token(token_with(desk, jti=f"token-{number}")))

    assert len(desk.tokens._tokens) == 3  # pyright: ignore[reportPrivateUsage] - behind the curtain


@pytest.mark.parametrize(
    "changes",
    [{"issuer": ""}, {"audience": ""}, {"clock_skew_seconds": -1}, {"lifetime_seconds_max": 0}],
)
def test_a_policy_with_a_gap_is_no_policy(changes: dict[str, object]) -> None:
    settings = {
        "issuer": TOKEN_POLICY.issuer,
        "audience": TOKEN_POLICY.audience,
        "clock_skew_seconds": 5,
        "lifetime_seconds_max": 3600,
    }
    with pytest.raises(ValueError, match=r"required|not positive"):
        TokenPolicy(**{**settings, **changes})  # type: ignore[arg-type]  # wrong on purpose
