"""A broker in memory that fails as told."""

from dataclasses import dataclass, field

from bff_backoffice.application.ports.message_broker import PublishableMessage, PublishReport
from bff_backoffice.application.ports.outbox import PublishFailure
from bff_backoffice.foundation.identifiers import EventId

EVENT_BYTES_MAX = 64 * 1024


@dataclass(slots=True)
class FakeMessageBroker:
    """Implements MessageBroker. `taken` is everything it has seen, repeats included."""

    entries_max: int = 1_000_000
    next_failures: list[PublishFailure] = field(default_factory=list[PublishFailure])
    taken: list[PublishableMessage] = field(default_factory=list[PublishableMessage])

    async def publish(self, messages: list[PublishableMessage]) -> PublishReport:
        failure = self.next_failures.pop(0) if self.next_failures else None
        if failure == "broker_unavailable":
            return PublishReport(
                failed={message.event_id: "broker_unavailable" for message in messages}
            )
        report = PublishReport()
        held_back: set[str] = set()
        for message in messages:
            if message.ordering_key in held_back:
                continue
            if len(message.event) > EVENT_BYTES_MAX:
                report.failed[message.event_id] = "refused"
                held_back.add(message.ordering_key)
            elif self._length(message.topic) >= self.entries_max:
                report.failed[message.event_id] = "stream_full"
            else:
                self.taken.append(message)
                self._say(report, message.event_id, failure)
        return report

    def _say(
        self, report: PublishReport, event_id: EventId, failure: PublishFailure | None
    ) -> None:
        if failure is None:
            report.published.append(event_id)
        else:
            report.failed[event_id] = failure

    def _length(self, topic: str) -> int:
        return sum(message.topic == topic for message in self.taken)
