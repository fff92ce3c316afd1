"""Each refusal is owed to its own check: without that check the same attack gets in."""

from collections.abc import Callable

import pytest
from tests.access_desk import Desk
from tests.tokens import ABSENT, elliptic_key, encode

from bff_backoffice.application.access import authenticate
from bff_backoffice.application.access.authenticate import Authenticate, OfferedCredentials
from bff_backoffice.security import access_token, dpop_proof
from bff_backoffice.security.dpop_proof import ProofVerifier

Attack = Callable[[Desk], OfferedCredentials]
Weakening = tuple[object, str, Callable[..., object]]


def proof_with(**claims: object) -> Attack:
    return lambda desk: desk.offer(desk.proof(claims=claims))


def header_with(**header: object) -> Attack:
    return lambda desk: desk.offer(desk.proof(header=header))


def token_with(**claims: object) -> Attack:
    return lambda desk: desk.offer_token(
        desk.issuer.token(desk.clock.epoch_seconds(), desk.device_key.thumbprint, **claims)
    )


def forged_signature(desk: Desk) -> OfferedCredentials:
    proof = desk.proof()
    return desk.offer(proof[: proof.rindex(".") + 1] + encode(bytes(64)))


def stolen_token(desk: Desk) -> OfferedCredentials:
    return desk.offer(desk.proof(key=elliptic_key()))


def nothing(*_: object, **__: object) -> None:
    """Check nothing."""


def now_anyway(verifier: ProofVerifier, _claims: object) -> float:
    return verifier._clock.epoch_seconds()  # pyright: ignore[reportPrivateUsage] - weakened on purpose


def times_anyway(claims: dict[str, object], *_: object) -> tuple[object, object]:
    return claims["iat"], 4_000_000_000


def jti_anyway(_: object) -> str:
    return "anything"


def jkt_anyway(claims: dict[str, dict[str, str]]) -> str:
    return claims["cnf"]["jkt"]


def token_68_anyway(_: object, offered: OfferedCredentials) -> str:
    return (offered.authorization or "").partition(" ")[2]


BOOK: dict[str, tuple[Attack, Weakening]] = {
    "signature": (forged_signature, (dpop_proof, "_check_signature", nothing)),
    "htm": (proof_with(htm="POST"), (dpop_proof, "_check_method", nothing)),
    "htu": (proof_with(htu="https://evil.example/"), (ProofVerifier, "_check_target", nothing)),
    "ath": (proof_with(ath="x" * 43), (dpop_proof, "_check_token_hash", nothing)),
    "iat": (proof_with(iat=0), (ProofVerifier, "_check_time", now_anyway)),
    "jti": (proof_with(jti=""), (dpop_proof, "_identifier", jti_anyway)),
    "nonce": (proof_with(nonce=1), (dpop_proof, "_nonce", nothing)),
    "binding": (stolen_token, (dpop_proof, "_check_binding", nothing)),
    "typ": (header_with(typ="JWT"), (dpop_proof, "PROOF_TYPE", lambda: "JWT")),
    "device": (
        lambda desk: desk.offer(device_id="dev_x"),
        (authenticate, "_check_device", nothing),
    ),
    "issuer": (token_with(iss="https://x"), (access_token, "_check_origin", nothing)),
    "audience": (token_with(aud="other"), (access_token, "_check_origin", nothing)),
    "expiry": (token_with(exp=1), (access_token, "_check_times", times_anyway)),
    "sign-in time": (
        token_with(auth_time=4_000_000_000),
        (access_token, "_auth_time", lambda *_: 1),
    ),
    "two bindings": (
        lambda desk: token_with(cnf={"jkt": desk.device_key.thumbprint, "x5t#S256": "x" * 43})(
            desk
        ),
        (access_token, "_confirmed_thumbprint", jkt_anyway),
    ),
    "scheme": (
        lambda desk: desk.offer(authorization=f"Bearer {desk.token}"),
        (Authenticate, "_offered_token", token_68_anyway),
    ),
}
VALUES = {"typ"}
"""Weakened by another value instead of another function."""


@pytest.mark.parametrize("name", sorted(BOOK))
async def test_an_attack_is_refused_by_its_check_and_gets_in_without_it(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    attack, (owner, attribute, weaker) = BOOK[name]
    desk = Desk()
    await desk.refused(attack(desk))

    monkeypatch.setattr(owner, attribute, weaker() if name in VALUES else weaker)

    await desk.admitted(attack(desk))


async def test_a_missing_claim_is_not_a_claim_that_holds() -> None:
    """The attacks above change what is there; each must also fail when it is left out."""
    desk = Desk()
    for claim in ("htm", "htu", "iat", "jti", "ath"):
        await desk.refused(desk.offer(desk.proof(claims={claim: ABSENT})))
    for member in ("typ", "alg", "jwk"):
        await desk.refused(desk.offer(desk.proof(header={member: ABSENT})))
