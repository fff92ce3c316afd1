"""Operators with device keys: tokens of an issuer of our own, and a fresh proof per request."""

import hashlib
import http.server
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ULID: Final = "01HZX8QJ5T9W2V4Y6B8D0F2H"
TENANT: Final = f"tnt_{ULID}00"
PROPERTY: Final = f"prop_{ULID}00"
ROLE: Final = "front_desk"
AUDIENCE: Final = "bff-backoffice"
KEY_NAME: Final = "measured-1"
_ECDSA: Final = ec.ECDSA(hashes.SHA256())


def base64url(octets: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def segment(value: object) -> str:
    """Return one segment of a JWS."""
    return base64url(json.dumps(value, separators=(",", ":")).encode())


class DeviceKey:
    """A key that signs proofs: P-256, or Ed25519."""

    def __init__(self, algorithm: str = "ES256") -> None:
        self.algorithm = algorithm
        if algorithm == "ES256":
            elliptic = ec.generate_private_key(ec.SECP256R1())
            numbers = elliptic.public_key().public_numbers()

            def sign(octets: bytes) -> bytes:
                return _raw(elliptic.sign(octets, _ECDSA))

            self._sign: Callable[[bytes], bytes] = sign
            self.jwk = {
                "crv": "P-256",
                "kty": "EC",
                "x": base64url(numbers.x.to_bytes(32)),
                "y": base64url(numbers.y.to_bytes(32)),
            }
        else:
            edwards = Ed25519PrivateKey.generate()
            self._sign = edwards.sign
            x = base64url(edwards.public_key().public_bytes_raw())
            self.jwk = {"crv": "Ed25519", "kty": "OKP", "x": x}
        required = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True)
        self.thumbprint = base64url(hashlib.sha256(required.encode()).digest())
        self._header = segment({"typ": "dpop+jwt", "alg": algorithm, "jwk": self.jwk})

    def proof(self, url: str, token: str) -> str:
        """Sign a proof for `GET url` with this token, new in its `jti`."""
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": "GET",
            "htu": url,
            "iat": int(time.time()),  # noqa: TID251 - real proofs for the service's real clock
            "ath": base64url(hashlib.sha256(token.encode()).digest()),
        }
        signing_input = f"{self._header}.{segment(claims)}"
        return f"{signing_input}.{base64url(self._sign(signing_input.encode()))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """One operator on one device, signed in."""

    operator_id: str
    device_id: str
    key: DeviceKey
    token: str

    def get(self, url: str, host: str) -> bytes:
        """Return a whole request as the desktop client sends it."""
        path = url.partition(host)[2]
        return (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n"
            f"Authorization: DPoP {self.token}\r\nDPoP: {self.key.proof(url, self.token)}\r\n"
            f"X-Device-Id: {self.device_id}\r\nX-App-Version: 1.4.2\r\nX-App-Platform: win32\r\n"
            "Accept-Language: en-GB,en;q=0.9\r\nOrigin: http://127.0.0.1:8184\r\n"
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n\r\n"
        ).encode()


class Issuer:
    """Signs access tokens with Ed25519."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.origin = ""

    def key_set(self) -> bytes:
        """Return its JWKS."""
        x = base64url(self._key.public_key().public_bytes_raw())
        key = {"kty": "OKP", "crv": "Ed25519", "kid": KEY_NAME, "use": "sig", "alg": "EdDSA"}
        return json.dumps({"keys": [{**key, "x": x}]}).encode()

    def desktop(self, number: int) -> Desktop:
        """Sign one operator in."""
        key = DeviceKey()
        now = int(time.time())  # noqa: TID251 - real tokens for the service's real clock
        operator_id, device_id = f"opr_{ULID}{number:02d}", f"dev_{ULID}{number:02d}"
        claims = {
            "iss": self.origin,
            "aud": AUDIENCE,
            "exp": now + 900,
            "nbf": now,
            "iat": now,
            "jti": secrets.token_hex(16),
            "client_id": "melmastoon-desktop",
            "sub": operator_id,
            "tid": TENANT,
            "device_id": device_id,
            "sid": f"ses_{ULID}{number:02d}",
            "roles": [ROLE],
            "property_ids": [PROPERTY],
            "acr": "1",
            "amr": ["pwd"],
            "auth_time": now - 1,
            "cnf": {"jkt": key.thumbprint},
        }
        header = {"typ": "at+jwt", "alg": "EdDSA", "kid": KEY_NAME}
        signing_input = f"{segment(header)}.{segment(claims)}"
        token = f"{signing_input}.{base64url(self._key.sign(signing_input.encode()))}"
        return Desktop(operator_id=operator_id, device_id=device_id, key=key, token=token)


@contextmanager
def running_issuer() -> Generator[Issuer]:
    """Serve the issuer's key set on a free port of 127.0.0.1."""
    issuer = Issuer()
    key_set = issuer.key_set()

    class KeySet(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(key_set)))
            self.end_headers()
            self.wfile.write(key_set)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
            """Say nothing: every request would be a line."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), KeySet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    issuer.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(32) + s.to_bytes(32)
