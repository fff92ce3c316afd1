"""Who this service is when it calls another one."""

from typing import Protocol

from bff_backoffice.foundation.secret_text import SecretText


class ServiceIdentity(Protocol):
    """Hands out the bearer token of a service-to-service call."""

    def bearer_for(self, upstream: str) -> SecretText:
        """Return the token to show that upstream. Never waits: renewal is the adapter's own job."""
        ...
