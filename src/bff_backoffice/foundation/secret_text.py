"""Text that must not be shown."""


class SecretText:
    """Holds a secret; prints as `***` wherever it is formatted, logged or represented."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself. Call it only where the secret is used."""
        return self._value

    def __repr__(self) -> str:
        return "SecretText(***)"

    def __str__(self) -> str:
        return "***"
