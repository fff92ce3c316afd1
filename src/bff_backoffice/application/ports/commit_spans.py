"""Showing the two commits of an action in the trace of the request that asked for it."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Literal, Protocol

from bff_backoffice.domain.idempotency import IdempotencyScope
from bff_backoffice.domain.mutation import MutationOrigin

Commit = Literal["claim", "settle"]


class CommitSpans(Protocol):
    """Must not wait, and must let every error of the commit through."""

    def commit(
        self, commit: Commit, action: str, scope: IdempotencyScope, origin: MutationOrigin
    ) -> AbstractContextManager[None]:
        """Surround one commit."""
        ...


class UntracedCommits:
    """Shows nothing."""

    @contextmanager
    def commit(
        self, commit: Commit, action: str, scope: IdempotencyScope, origin: MutationOrigin
    ) -> Generator[None]:
        """Do nothing."""
        del commit, action, scope, origin
        yield


UNTRACED_COMMITS: Final = UntracedCommits()
