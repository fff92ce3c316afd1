"""Events owed to the broker, in the transaction of what they tell; `broker.py` publishes them."""

from datetime import datetime
from typing import Final

from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document, to_json
from upstream_simulator.envelopes import EventFacts, enveloped
from upstream_simulator.identifiers import new_id
from upstream_simulator.state import State

EVENTS_KEPT_MAX: Final = 20_000
"""Older events, published or not, are dropped: the simulator's disk is not a ledger."""

PRUNED_EVERY: Final = 1000


class EventOutbox:
    """Owes events; one transaction with what they tell about."""

    def __init__(self, state: State) -> None:
        self._state = state

    def owe(  # noqa: PLR0913 - an event has this many facts
        self,
        *,
        upstream: str,
        subject: str,
        tenant: str,
        key: str,
        payload: Document,
        at: datetime,
        copies: int = 1,
    ) -> str:
        """Wrap the payload in the upstream's envelope, owe it, return the event id.

        Copies are one event delivered several times: they share its id.
        """
        facts = EventFacts(
            upstream=upstream,
            event_id=new_id("evt", at),
            correlation_id=new_id("req", at),
            subject=subject,
            tenant=tenant,
            key=key,
            payload=payload,
            time=rfc3339(at),
        )
        self.owe_body(upstream, to_json(enveloped(facts)), copies=copies)
        return facts.event_id

    def owe_body(self, upstream: str, body: str, *, copies: int) -> None:
        """Owe an event that is in its envelope already."""
        for _ in range(copies):
            number = self._state.connection.execute(
                "INSERT INTO events (upstream, body) VALUES (?, ?)", (upstream, body)
            ).lastrowid
            if number is not None and number % PRUNED_EVERY == 0:
                self._drop_up_to(number - EVENTS_KEPT_MAX)

    def owed(self, *, limit: int) -> list[tuple[int, str, str]]:
        """Return `(number, upstream, body)` of the oldest events not yet published."""
        return self._state.connection.execute(
            "SELECT number, upstream, body FROM events WHERE published = 0 ORDER BY number LIMIT ?",
            (limit,),
        ).fetchall()

    def newest(self, *, limit: int) -> list[tuple[int, str, str]]:
        """Return `(number, upstream, body)` of the latest events, newest first."""
        return self._state.connection.execute(
            "SELECT number, upstream, body FROM events ORDER BY number DESC LIMIT ?", (limit,)
        ).fetchall()

    def mark_published(self, up_to: int) -> None:
        """Remember that the broker has these."""
        with self._state.transaction():
            self._state.connection.execute(
                "UPDATE events SET published = 1 WHERE published = 0 AND number <= ?", (up_to,)
            )

    def _drop_up_to(self, number: int) -> None:
        self._state.connection.execute("DELETE FROM events WHERE number <= ?", (number,))
