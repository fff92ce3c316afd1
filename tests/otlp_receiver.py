"""A collector for tests: takes OTLP over HTTP, as protobuf, and keeps every span it was sent."""

import gzip
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtobufSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

WAIT_SECONDS_MAX: Final = 15.0
_KINDS: Final = {
    ProtobufSpan.SPAN_KIND_SERVER: "server",
    ProtobufSpan.SPAN_KIND_CLIENT: "client",
    ProtobufSpan.SPAN_KIND_INTERNAL: "internal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedSpan:
    """One span as it arrived."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    is_error: bool
    nanoseconds: int
    tags: Mapping[str, str | int]


@dataclass(slots=True)
class OtlpReceiver:
    """What arrived so far. `status` is what the next exports are answered with."""

    endpoint: str = ""
    status: int = 200
    spans: list[ReceivedSpan] = field(default_factory=list[ReceivedSpan])
    bodies: list[bytes] = field(default_factory=list[bytes])
    """Every export, unpacked but not decoded: for searches that must miss nothing."""
    header_lines: list[str] = field(default_factory=list[str])

    def take(self, body: bytes) -> None:
        """Decode one export."""
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.spans.extend(_received(span) for span in scope.spans)

    def in_trace(self, trace_id: str, *, at_least: int = 1) -> list[ReceivedSpan]:
        """Wait until that many spans of a trace are here and return all of them."""
        last_moment = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            found = [span for span in self.spans if span.trace_id == trace_id]
            if len(found) >= at_least:
                return found
            assert time.monotonic() < last_moment, [span.name for span in found]
            time.sleep(0.02)


@contextmanager
def otlp_receiver() -> Generator[OtlpReceiver]:
    """Listen on a free port of this machine."""
    receiver = OtlpReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take one export."""
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.header_lines += [f"{name}: {value}" for name, value in self.headers.items()]
            if receiver.status == 200:
                receiver.take(body)
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the server's own name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _received(span: ProtobufSpan) -> ReceivedSpan:
    return ReceivedSpan(
        name=span.name,
        kind=_KINDS[span.kind],
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        is_error=span.status.code == Status.STATUS_CODE_ERROR,
        nanoseconds=span.end_time_unix_nano - span.start_time_unix_nano,
        tags={each.key: _value(each.value) for each in span.attributes},
    )


def _value(value: AnyValue) -> str | int:
    return value.int_value if value.WhichOneof("value") == "int_value" else value.string_value
