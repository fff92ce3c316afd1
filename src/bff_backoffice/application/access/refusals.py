"""The refusals of access, for those that may not reach the verifiers themselves."""

from typing import ClassVar

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.security.errors import CredentialRefused, NonceDemanded

__all__ = [
    "AccessStoreUnavailable",
    "CredentialRefused",
    "DeviceHeaderMissing",
    "NonceDemanded",
    "ProofQuotaSpent",
    "PropertyMissing",
    "PropertyOutOfScope",
    "RoleMissing",
    "ScopeUnresolved",
    "SessionRevoked",
    "SigningKeysUnavailable",
    "refusal_is_about_time",
]


class SessionRevoked(CredentialRefused):
    """The session was ended by iam, a manager or a sign-out. Told only to its own holder."""

    code: ClassVar[str] = "session.revoked"
    reason = "session_revoked"


class DeviceHeaderMissing(ServiceError):  # noqa: N818 - reads as the fact it states
    """`X-Device-Id` is due on every call that carries a token."""

    code: ClassVar[str] = "device.header_missing"


class ProofQuotaSpent(ServiceError):  # noqa: N818 - reads as the fact it states
    """One key has more proofs under way than any desktop needs."""

    code: ClassVar[str] = "proof.quota_spent"


class AccessStoreUnavailable(ServiceError):  # noqa: N818 - reads as the fact it states
    """The session tier gave no answer; fails closed."""

    code: ClassVar[str] = "access.store_unavailable"


class SigningKeysUnavailable(ServiceError):  # noqa: N818 - reads as the fact it states
    """No signing keys of iam are known that are young enough; fails closed."""

    code: ClassVar[str] = "access.keys_unavailable"


class RoleMissing(ServiceError):  # noqa: N818 - reads as the fact it states
    """None of the caller's roles may use this route."""

    code: ClassVar[str] = "authorization.role_missing"


class PropertyOutOfScope(ServiceError):  # noqa: N818 - reads as the fact it states
    """The named property is not one of the caller's, or none at all."""

    code: ClassVar[str] = "authorization.property_out_of_scope"


class PropertyMissing(ServiceError):  # noqa: N818 - reads as the fact it states
    """The route needs a property and none was named or could be meant."""

    code: ClassVar[str] = "authorization.property_missing"


class ScopeUnresolved(ServiceError):  # noqa: N818 - reads as the fact it states
    """Tenant-service has not said yet what the caller may do now; the token alone is not enough."""

    code: ClassVar[str] = "authorization.scope_unresolved"


def refusal_is_about_time(refusal: CredentialRefused) -> bool:
    """Tell whether a desktop with a wrong clock can mend this by itself."""
    return refusal.reason == "time"
