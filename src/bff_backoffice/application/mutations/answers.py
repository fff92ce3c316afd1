"""The answer a client gets, as it is kept for the next time the same key comes."""

from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from bff_backoffice.application.ports.stored_answer_cipher import StoredAnswerCipher
from bff_backoffice.domain.idempotency import IdempotencyScope
from bff_backoffice.domain.mutation import MutationOrigin
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import ActivityId, TenantId

__all__ = ["AnswerSeal", "AnswerWriter", "MutationAnswer", "MutationOrigin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationAnswer:
    """Status, type, headers and bytes of an answer."""

    status: int
    media_type: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class AnswerWriter(Protocol):
    """Writes answers the way the front door does; the reconciler uses the same one."""

    def succeeded(
        self, result: dict[str, object], activity_id: ActivityId, *, status: int
    ) -> MutationAnswer:
        """Write what the upstream did."""
        ...

    def refused(
        self, error: ServiceError, origin: MutationOrigin, tenant_id: TenantId
    ) -> MutationAnswer:
        """Write a registered refusal, as the request it belongs to would have got it."""
        ...

    def pending(self, activity_id: ActivityId, path: str) -> MutationAnswer:
        """Write that the outcome is not known yet, and where to ask. Never stored."""
        ...


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(MutationAnswer)


class AnswerSeal:
    """Keeps answers and waiting commands unreadable to whoever reads the database."""

    def __init__(self, cipher: StoredAnswerCipher) -> None:
        self._cipher = cipher

    def seal_answer(self, answer: MutationAnswer, scope: IdempotencyScope) -> bytes:
        """Return the answer, sealed for this key alone."""
        return self._cipher.seal(_ENCODER.encode(answer), context=_context("answer", scope))

    def open_answer(self, sealed: bytes, scope: IdempotencyScope) -> MutationAnswer:
        """Return the answer byte for byte. Raises SealBroken."""
        return _DECODER.decode(self._cipher.open(sealed, context=_context("answer", scope)))

    def seal_command(self, command: bytes, scope: IdempotencyScope) -> bytes:
        """Return the command, sealed for this key alone."""
        return self._cipher.seal(command, context=_context("command", scope))

    def open_command(self, sealed: bytes, scope: IdempotencyScope) -> bytes:
        """Return the command. Raises SealBroken."""
        return self._cipher.open(sealed, context=_context("command", scope))


def _context(purpose: str, scope: IdempotencyScope) -> bytes:
    return f"{purpose}|{scope.tenant_id}|{scope.operator_id}|{scope.key}".encode()
