"""The envelope around every event, and how it is written."""

from datetime import datetime
from typing import Final

import msgspec

from bff_backoffice.domain.message import PRODUCER, EventKind, Message
from bff_backoffice.foundation.clock import Clock, rfc3339
from bff_backoffice.foundation.identifiers import EventId, TenantId, new_ulid


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who did what, where and when: the platform's fields in the platform's order."""

    event_id: str
    subject: str
    version: int
    occurred_at: str
    published_at: str | None
    producer: str
    producer_instance: str
    tenant_id: str
    operator_id: str
    device_id: str
    session_id: str
    property_id: str | None
    request_id: str
    trace_id: str | None
    causation_id: str | None
    correlation_id: str
    schema_uri: str
    retention_class: str
    sampling_rate: float
    app_version: str | None
    app_platform: str | None


class Event(msgspec.Struct, frozen=True):
    """What is published. The payload stays as it was written."""

    envelope: Envelope
    payload: msgspec.Raw


class EventActor(msgspec.Struct, frozen=True, kw_only=True):
    """Whose action an event tells of, and which request it came from."""

    tenant_id: TenantId
    operator_id: str
    device_id: str
    session_id: str
    property_id: str | None
    request_id: str
    traceparent: str | None
    app_version: str | None
    app_platform: str | None


_EVENT_DECODER: Final = msgspec.json.Decoder(Event)


class EventWriter:
    """Writes messages for the outbox; the relay adds the time of publication."""

    def __init__(self, producer_instance: str, clock: Clock) -> None:
        self._producer_instance = producer_instance
        self._clock = clock

    def write(
        self,
        kind: EventKind,
        actor: EventActor,
        payload: msgspec.Struct,
        *,
        aggregate_id: str,
        occurred_at: datetime | str,
        event_id: EventId | None = None,
    ) -> Message:
        """Return the message; a new id is minted unless the event has one of its own."""
        own_id = event_id or EventId(f"evt_{new_ulid(self._clock)}")
        moment = occurred_at if isinstance(occurred_at, str) else rfc3339(occurred_at)
        envelope = Envelope(
            event_id=own_id,
            subject=kind.subject,
            version=kind.version,
            occurred_at=moment,
            published_at=None,
            producer=PRODUCER,
            producer_instance=self._producer_instance,
            tenant_id=actor.tenant_id,
            operator_id=actor.operator_id,
            device_id=actor.device_id,
            session_id=actor.session_id,
            property_id=actor.property_id,
            request_id=actor.request_id,
            trace_id=actor.traceparent,
            causation_id=None,
            correlation_id=actor.request_id,
            schema_uri=kind.schema_uri,
            retention_class=kind.retention,
            sampling_rate=kind.sampling_rate,
            app_version=actor.app_version,
            app_platform=actor.app_platform,
        )
        event = Event(envelope, msgspec.Raw(msgspec.json.encode(payload)))
        return Message(
            event_id=own_id,
            tenant_id=actor.tenant_id,
            topic=kind.topic,
            ordering_key=f"{actor.tenant_id}:{aggregate_id}",
            event=msgspec.json.encode(event),
        )


def stamped(event: bytes, published_at: datetime) -> bytes:
    """Return the event as it is published."""
    written = _EVENT_DECODER.decode(event)
    envelope = msgspec.structs.replace(written.envelope, published_at=rfc3339(published_at))
    return msgspec.json.encode(Event(envelope, written.payload))
