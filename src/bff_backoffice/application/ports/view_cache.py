"""Remembering what upstreams said, for a short time, for everybody who may see it.

Fails: open. Without the shared tier each process remembers for itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, TenantId

Fetch = Callable[[Deadline], Awaitable[bytes]]
"""Asks the upstreams and returns the view's JSON. Raises UpstreamFailure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewKey:
    """Whose answer to what. Two callers share a value only where every part is the same.

    `topics` are the upstreams it comes from: a change there ends its freshness. `operator_id`
    is set where the answer belongs to one operator; `roles`, `locale` and `compliance_profile`
    where they change it.
    """

    view: str
    tenant_id: TenantId
    property_id: PropertyId
    topics: tuple[str, ...]
    operator_id: OperatorId | None = None
    roles: frozenset[str] | None = None
    locale: str | None = None
    compliance_profile: str | None = None
    text: str = field(init=False, repr=False, compare=False)
    """The key as one text; its parts cannot run into one another."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self._text())  # Once: a key is looked up many times.

    def _text(self) -> str:
        audience = "operator" if self.operator_id else "property"
        roles = "+".join(sorted(self.roles)) if self.roles is not None else "-"
        parts = (self.view, audience, self.tenant_id, self.property_id)
        own = (self.operator_id or "-", roles, self.locale or "-", self.compliance_profile or "-")
        return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in (*parts, *own))


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long a view counts as fresh and how long it is kept at all."""

    fresh_seconds: float
    kept_seconds: float
    fetch_seconds: float
    """How long one fetch may take, whoever waits for it."""


class RememberedView(msgspec.Struct, frozen=True, kw_only=True):
    """A view from before. `is_current` is false once something it shows was changed since."""

    body: bytes
    age_seconds: float
    is_current: bool

    def is_fresh(self, freshness: Freshness) -> bool:
        """Tell whether it may be shown without asking again."""
        return self.is_current and self.age_seconds <= freshness.fresh_seconds


class ViewCache(Protocol):
    """Two tiers and one fetch at a time, over all instances."""

    async def peek(
        self, keys: Sequence[ViewKey], *, timeout_seconds: float
    ) -> list[RememberedView | None]:
        """Return what is remembered of each key, fresh or not; None where nothing is.

        Never raises, never asks an upstream, takes no longer than the time given.
        """
        ...

    async def load(
        self, key: ViewKey, fetch: Fetch, *, freshness: Freshness, deadline: Deadline
    ) -> RememberedView:
        """Return a fresh view, fetched if need be; callers at the same time share one fetch.

        Raises UpstreamFailure, `timeout` when the caller's deadline passes first: the fetch
        then goes on for the cache, inside its own time.
        """
        ...

    def refresh(self, key: ViewKey, fetch: Fetch, *, freshness: Freshness) -> None:
        """Start fetching unless that is under way, and wait for nothing."""
        ...

    async def invalidate(
        self, tenant_id: TenantId, property_id: PropertyId, topics: Sequence[str]
    ) -> None:
        """End the freshness of what came from these upstreams. Never raises.

        What is fetched right now counts as old already: it may have been read before the change.
        """
        ...
