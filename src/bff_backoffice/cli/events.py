"""`bff events tail`: watch what is published."""

import argparse
import asyncio
import sys
from typing import Final

import msgspec

from bff_backoffice.bootstrap.events import BrokerUnavailable, tail_events
from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.infrastructure.message_broker.stream_tail import StreamEntry

BACKLOG_MAX: Final = 1000


def register(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
) -> None:
    """Add the command to `bff`."""
    events = subparsers.add_parser("events", help="look at what is published")
    actions = events.add_subparsers(dest="events_action", required=True, metavar="action")
    tail = actions.add_parser(
        "tail",
        help="print events as they are published, until Ctrl-C",
        description="Reads the broker (BFF_BROKER_URL) and takes nothing from any consumer.",
    )
    tail.add_argument(
        "--stream",
        action="append",
        default=[],
        metavar="NAME",
        help="a stream to watch, may be given again (the service's own ones if absent)",
    )
    tail.add_argument("--json", action="store_true", help="print each event whole, one a line")
    tail.add_argument(
        "--last",
        type=int,
        default=0,
        metavar="N",
        help="first print the last N events of each stream",
    )
    tail.set_defaults(run=run_tail)


def run_tail(arguments: argparse.Namespace) -> int:
    """Print until Ctrl-C; 1 with one line when the broker cannot be reached."""
    backlog = max(0, min(arguments.last, BACKLOG_MAX))
    try:
        asyncio.run(_print_events(arguments.stream, backlog, is_json=arguments.json))
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        return 0
    except SettingsRefused as refusal:
        print(f"bff events: {refusal}", file=sys.stderr)
        return 2
    except BrokerUnavailable as trouble:
        print(f"bff events: the broker does not answer: {trouble}", file=sys.stderr)
        return 1
    return 0


async def _print_events(streams: list[str], backlog: int, *, is_json: bool) -> None:
    async for entry in tail_events(streams, backlog=backlog):
        print(_whole(entry) if is_json else _line(entry), flush=True)


def _whole(entry: StreamEntry) -> str:
    return entry.fields.get("event", b"{}").decode(errors="replace")


def _line(entry: StreamEntry) -> str:
    """Return when, what, whose and the payload; an upstream's own envelope is printed whole."""
    try:
        event = msgspec.json.decode(entry.fields.get("event", b""))
        envelope = event["envelope"]
        payload = msgspec.json.encode(event["payload"]).decode()
        return f"{envelope['occurredAt']}  {envelope['subject']}  {envelope['tenantId']}  {payload}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return f"{entry.stream}  {_whole(entry)}"
