"""The root of every refusal this service makes on purpose.

ServiceError                 a refusal with a stable dotted code; no HTTP status here
└── subclasses               live beside the rule that raises them

`presentation/problems.py` maps each code to one wire code and status, in one table; a test
fails when a code has no row or a row no code.
"""

from typing import ClassVar


class ServiceError(Exception):
    """An expected refusal. `code` is stable for ever; `detail` is safe to show to a user."""

    code: ClassVar[str]

    def __init__(
        self,
        detail: str | None = None,
        *,
        fields: tuple[tuple[str, str], ...] = (),
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.fields = fields
        self.retry_after_seconds = retry_after_seconds
