"""A desktop for load: signs in at the simulated iam and makes a fresh proof for each request."""

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

Document = dict[str, Any]  # allow-any: JSON of the sandbox's own making

CALL_SECONDS_MAX: Final = 10
COORDINATE_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxEndpoints:
    """Where a running sandbox listens and who may sign in."""

    bff: str
    base_path: str
    iam: str
    simulator_admin: str
    tenants: list[Document]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read `.sandbox/endpoints.json`."""
        document: Document = json.loads(file.read_text("utf-8"))  # noqa: TID251 - our own file
        return cls(
            bff=document["bff"],
            base_path=document["basePath"],
            iam=document["iam"],
            simulator_admin=document["simulatorAdmin"],
            tenants=document["tenants"],
        )

    def operators(self, role: str) -> list[Document]:
        """Return the operators of all tenants who have the role."""
        return [
            operator
            for tenant in self.tenants
            for operator in tenant["operators"]
            if role in operator["roles"]
        ]

    def admin(self, method: str, path: str, body: Document | None = None) -> Document:
        """Ask the simulator's admin API."""
        return _call(method, self.simulator_admin + path, {}, body)


class DeviceKey:
    """An ES256 key that makes proofs (RFC 9449 §4.2)."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        self._jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": _base64url(numbers.x.to_bytes(COORDINATE_BYTES)),
            "y": _base64url(numbers.y.to_bytes(COORDINATE_BYTES)),
        }

    def proof(self, method: str, url: str, access_token: str | None = None) -> str:
        """Return a proof for one request."""
        claims: Document = {
            "htm": method,
            "htu": url.partition("?")[0],
            "iat": int(time.time()),  # noqa: TID251 - a real client's clock
            "jti": secrets.token_urlsafe(16),
        }
        if access_token is not None:
            claims["ath"] = _base64url(hashlib.sha256(access_token.encode()).digest())
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self._jwk}
        signing_input = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
        r, s = decode_dss_signature(self._key.sign(signing_input.encode(), ec.ECDSA(SHA256())))
        signature = r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES)
        return f"{signing_input}.{_base64url(signature)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """A signed-in device."""

    key: DeviceKey
    access_token: str
    device_id: str
    property_ids: list[str]

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Return the credentials of one request."""
        return {
            "Authorization": f"DPoP {self.access_token}",
            "DPoP": self.key.proof(method, url, self.access_token),
            "X-Device-Id": self.device_id,
        }


def sign_in(endpoints: SandboxEndpoints, operator: Document) -> Desktop:
    """Sign the operator in on a new device."""
    key = DeviceKey()
    url = f"{endpoints.iam}/api/v1/auth/login"
    answer = _call(
        "POST",
        url,
        {"DPoP": key.proof("POST", url)},
        {"username": operator["username"], "password": operator["password"]},
    )
    return Desktop(
        key=key,
        access_token=answer["accessToken"],
        device_id=answer["deviceId"],
        property_ids=operator["propertyIds"],
    )


def _call(method: str, url: str, headers: dict[str, str], body: Document | None) -> Document:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=CALL_SECONDS_MAX)
    try:
        connection.request(
            method,
            parts.path,
            body=None if body is None else json.dumps(body),
            headers={**headers, "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status >= 400:
        raise RuntimeError(f"{method} {parts.path}: {answer.status}")
    return json.loads(text) if text else {}  # noqa: TID251 - the sandbox's own answer


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
