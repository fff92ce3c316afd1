"""Spans by OpenTelemetry, sent as OTLP over HTTP by a thread of their own.

Imported only where an endpoint is set: the libraries cost time at the start and memory after it.
"""

import threading
from collections.abc import Callable
from typing import Final

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as OpenTelemetrySpan
from opentelemetry.trace import SpanKind as OpenTelemetryKind

from bff_backoffice.foundation.clock import Clock
from bff_backoffice.telemetry.tracing import SPAN_TAGS, Span, SpanKind, Tags, is_sampled

SERVICE_NAME: Final = "bff-backoffice-service"
QUEUED_SPANS_MAX: Final = 2048
BATCH_SPANS_MAX: Final = 256
EXPORT_PAUSE_MILLISECONDS: Final = 1000
EXPORT_SECONDS_MAX: Final = 2.0
CLOSE_SECONDS_MAX: Final = 2.5
TAGS_MAX: Final = 16
TAG_CHARACTERS_MAX: Final = 128
_NANOSECONDS: Final = 1_000_000_000
_KINDS: Final[dict[SpanKind, OpenTelemetryKind]] = {
    "server": OpenTelemetryKind.SERVER,
    "client": OpenTelemetryKind.CLIENT,
    "internal": OpenTelemetryKind.INTERNAL,
}


class OtlpTracer:
    """Implements Tracer. Whether to record is decided here, so the SDK is told to record all."""

    def __init__(
        self,
        exporter: SpanExporter,
        *,
        instance: str,
        sampled_share: float,
        random: Callable[[], float],
        clock: Clock,
    ) -> None:
        self._share = sampled_share
        self._random = random
        self._clock = clock
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            # Named here and not from the environment: nothing else may speak for the service.
            resource=Resource({"service.name": SERVICE_NAME, "service.instance.id": instance}),
            span_limits=SpanLimits(
                max_span_attributes=TAGS_MAX, max_span_attribute_length=TAG_CHARACTERS_MAX
            ),
            shutdown_on_exit=False,
        )
        # What does not fit into the queue is dropped: no request ever waits for a collector.
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=QUEUED_SPANS_MAX,
                max_export_batch_size=BATCH_SPANS_MAX,
                schedule_delay_millis=EXPORT_PAUSE_MILLISECONDS,
                export_timeout_millis=EXPORT_SECONDS_MAX * 1000,
            )
        )
        self._tracer = self._provider.get_tracer("bff_backoffice")

    def request_span(self, traceparent: str | None) -> Span | None:
        """Start a request's span."""
        if traceparent is not None:
            return self.child_span("request", traceparent, kind="server")
        return self._begin("request", None, "server") if self._random() < self._share else None

    def child_span(self, name: str, traceparent: str | None, *, kind: SpanKind) -> Span | None:
        """Start a span under the one that the text names."""
        if traceparent is None or not is_sampled(traceparent):
            return None
        return self._begin(name, traceparent, kind)

    def work_done(self, name: str, tags: Tags, *, seconds: float, is_error: bool = False) -> None:
        """Record, by the share, a piece of work that has just ended."""
        if self._random() < self._share:
            span = self._begin(name, None, "internal", seconds_ago=seconds)
            span.end(tags, is_error=is_error)

    def close(self) -> None:
        """Send what is queued and stop; a collector that hangs gets CLOSE_SECONDS_MAX of it."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS_MAX)

    def _begin(
        self, name: str, traceparent: str | None, kind: SpanKind, *, seconds_ago: float = 0.0
    ) -> "_RecordedSpan":
        started = self._clock.monotonic_seconds() - seconds_ago
        epoch = self._clock.epoch_seconds() - seconds_ago
        span = self._tracer.start_span(
            name,
            context=None if traceparent is None else set_span_in_context(_remote(traceparent)),
            kind=_KINDS[kind],
            start_time=int(epoch * _NANOSECONDS),
            record_exception=False,
            set_status_on_exception=False,
        )
        return _RecordedSpan(span, started=started, epoch=epoch, clock=self._clock)


class _RecordedSpan:
    """Implements Span."""

    __slots__ = ("_clock", "_epoch", "_span", "_started")

    def __init__(
        self, span: OpenTelemetrySpan, *, started: float, epoch: float, clock: Clock
    ) -> None:
        self._span = span
        self._started = started
        self._epoch = epoch
        self._clock = clock

    @property
    def traceparent(self) -> str:
        """The context to pass on."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def end(self, tags: Tags, *, name: str | None = None, is_error: bool = False) -> None:
        """End it, with the time that really passed even if the wall clock was set."""
        unknown = tags.keys() - SPAN_TAGS.keys()
        if unknown:
            raise TypeError(f"not on the list of span tags: {sorted(unknown)}")
        for tag, value in tags.items():
            self._span.set_attribute(tag, value)
        if name is not None:
            self._span.update_name(name)
        if is_error:
            self._span.set_status(StatusCode.ERROR)
        passed = self._clock.monotonic_seconds() - self._started
        self._span.end(end_time=int((self._epoch + passed) * _NANOSECONDS))


def otlp_exporter(endpoint: str) -> SpanExporter:
    """Return the exporter to one collector: `endpoint` is the whole URL, path and all."""
    return OTLPSpanExporter(
        endpoint=endpoint, timeout=EXPORT_SECONDS_MAX, compression=Compression.Gzip
    )


def _remote(traceparent: str) -> NonRecordingSpan:
    _, trace, span, flags = traceparent.split("-")
    return NonRecordingSpan(
        SpanContext(
            trace_id=int(trace, 16),
            span_id=int(span, 16),
            is_remote=True,
            trace_flags=TraceFlags(int(flags, 16)),
        )
    )
