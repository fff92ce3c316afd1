"""The whole check of a DPoP proof: parse, key, signature, claims, binding; all but its claim."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey, OKPKey
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws
from tools.stack_measurements.candidates.turns import in_one_thread, report
from tools.stack_measurements.desktops import DeviceKey
from tools.stack_measurements.rounds import Measurement, compare, take_turns

from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.security.dpop_proof import (
    ExpectedProof,
    ProofPolicy,
    ProofVerifier,
    hash_access_token,
)

TIMES = 200
ROUNDS = 9
ORIGIN = "https://backoffice.example"
PATH = "/bff/backoffice/v1/session"
TOKEN = "t" * 900


class Refused(Exception):  # noqa: N818 - reads as the fact it states
    """The proof does not hold."""


def check_claims(header: dict, claims: dict, expected: ExpectedProof, thumbprint: str) -> None:
    """Check, at the least there is, what no JOSE library checks by itself."""
    now = time.time()
    if header.get("typ") != "dpop+jwt":
        raise Refused
    if claims["htm"] != expected.http_method or claims["htu"] != ORIGIN + expected.path:
        raise Refused
    if not now - 60 <= claims["iat"] <= now + 10 or not claims["jti"]:
        raise Refused
    if not hmac.compare_digest(claims["ath"], expected.access_token_hash):
        raise Refused
    if not hmac.compare_digest(thumbprint, expected.confirmed_thumbprint):
        raise Refused


def thumbprint_of(jwk: dict) -> str:
    members = json.dumps(
        {name: jwk[name] for name in ("crv", "kty", "x", "y") if name in jwk},
        separators=(",", ":"),
    )
    digest = hashlib.sha256(members.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def segment_of(proof: str, place: int) -> bytes:
    text = proof.split(".")[place]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Checks:
    """One check per library, as its manual shows it, and with the parsed key kept."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.key = DeviceKey(algorithm)
        self.proof = self.key.proof(ORIGIN + PATH, TOKEN)
        self.expected = ExpectedProof(
            http_method="GET",
            path=PATH,
            access_token_hash=hash_access_token(TOKEN),
            confirmed_thumbprint=self.key.thumbprint,
        )
        self.policy = ProofPolicy(
            algorithms=("ES256", "EdDSA"),
            origins=frozenset({ORIGIN}),
            age_seconds_max=60,
            ahead_seconds_max=10,
        )
        self.verifier = ProofVerifier(self.policy, SystemClock())
        self.kept: dict[str, tuple[object, str]] = {}

    def ours(self) -> None:
        self.verifier.verify(self.proof, self.expected)

    def ours_without_memory(self) -> None:
        ProofVerifier(self.policy, SystemClock()).verify(self.proof, self.expected)

    def _kept_key(self, jwk: dict, parse: Callable[[dict], object]) -> tuple[object, str]:
        name = f"{parse.__qualname__}{jwk['x']}"
        if name not in self.kept:
            self.kept[name] = parse(jwk), thumbprint_of(jwk)
        return self.kept[name]

    def pyjwt(self) -> None:
        header = jwt.get_unverified_header(self.proof)
        key = jwt.PyJWK.from_dict(header["jwk"], algorithm=self.algorithm)
        claims = jwt.decode(self.proof, key, algorithms=[self.algorithm])
        check_claims(header, claims, self.expected, thumbprint_of(header["jwk"]))

    def pyjwt_key_kept(self) -> None:
        header = jwt.get_unverified_header(self.proof)
        key, thumbprint = self._kept_key(
            header["jwk"], lambda jwk: jwt.PyJWK.from_dict(jwk, algorithm=self.algorithm)
        )
        claims = jwt.decode(self.proof, key, algorithms=[self.algorithm])
        check_claims(header, claims, self.expected, thumbprint)

    def joserfc(self) -> None:
        header = json.loads(segment_of(self.proof, 0))
        kind = ECKey if self.algorithm == "ES256" else OKPKey
        key = kind.import_key(header["jwk"])
        token = joserfc_jwt.decode(self.proof, key, algorithms=[self.algorithm])
        check_claims(token.header, token.claims, self.expected, thumbprint_of(header["jwk"]))

    def jwcrypto(self) -> None:
        token = jwcrypto_jws.JWS()
        token.allowed_algs = [self.algorithm]
        token.deserialize(self.proof)
        jwk = token.jose_header["jwk"]
        token.verify(jwcrypto_jwk.JWK(**jwk))
        claims = json.loads(token.payload)
        check_claims(token.jose_header, claims, self.expected, thumbprint_of(jwk))

    def signature_alone(self) -> Callable[[], None]:
        signing_input, _, signature = self.proof.rpartition(".")
        octets = segment_of("." + signature, 1)
        x = segment_of("." + self.key.jwk["x"], 1)
        if self.algorithm != "ES256":
            edwards = Ed25519PublicKey.from_public_bytes(x)
            return lambda: edwards.verify(octets, signing_input.encode())
        point = b"\x04" + x + segment_of("." + self.key.jwk["y"], 1)
        elliptic = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        der = encode_dss_signature(int.from_bytes(octets[:32]), int.from_bytes(octets[32:]))
        algorithm = ec.ECDSA(hashes.SHA256())
        return lambda: elliptic.verify(der, signing_input.encode(), algorithm)


async def compare_on(algorithm: str, name: str) -> Measurement:
    checks = Checks(algorithm)
    candidates = {
        "ProofVerifier (cryptography, key kept)": checks.ours,
        "ProofVerifier, key parsed each time": checks.ours_without_memory,
        "PyJWT": checks.pyjwt,
        "PyJWT, key kept": checks.pyjwt_key_kept,
        "joserfc": checks.joserfc,
        "jwcrypto": checks.jwcrypto,
        "the signature alone (cryptography)": checks.signature_alone(),
    }
    taken = await take_turns(
        [in_one_thread(who, work, TIMES) for who, work in candidates.items()],
        rounds=ROUNDS,
        operations=TIMES,
    )
    return compare(
        f"proof_{name}",
        f"check a whole proof, {algorithm}",
        taken,
        chosen="ProofVerifier (cryptography, key kept)",
        operations=TIMES,
        notes=["The libraries check htm, htu, iat, ath, jti and the binding by ==, no more."],
    )


async def measure() -> list[Measurement]:
    return [await compare_on("ES256", "p256"), await compare_on("EdDSA", "ed25519")]


if __name__ == "__main__":
    report(measure)
