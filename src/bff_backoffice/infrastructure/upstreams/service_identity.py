"""The service's own bearer token, as it was mounted."""

from bff_backoffice.foundation.secret_text import SecretText


class MountedServiceIdentity:
    """Implements ServiceIdentity with one token for every upstream."""

    def __init__(self, token: SecretText) -> None:
        self._token = token

    def bearer_for(self, upstream: str) -> SecretText:
        """Return the token; the same whoever is called."""
        del upstream
        return self._token
