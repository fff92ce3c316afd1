"""Writes of one turn leave together, in order, and none is held longer than the turn."""

import asyncio

from bff_backoffice.bootstrap.joined_writes import JOINED_BYTES_MAX, JoinedWrites


class RecordingTransport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


def joined(transport: asyncio.Transport) -> JoinedWrites:
    return JoinedWrites(transport, asyncio.get_running_loop())


async def test_head_and_body_written_in_one_turn_are_one_send() -> None:
    transport = RecordingTransport()
    writes = joined(transport)

    writes.write(b"head")
    writes.write(b"body")
    before_the_turn_ends = list(transport.sent)
    await asyncio.sleep(0)

    assert before_the_turn_ends == []
    assert transport.sent == [b"headbody"]


async def test_chunks_of_different_turns_leave_each_in_its_own() -> None:
    transport = RecordingTransport()
    writes = joined(transport)

    for chunk in (b"first", b"second"):
        writes.write(chunk)
        await asyncio.sleep(0)

    assert transport.sent == [b"first", b"second"]


async def test_closing_sends_what_was_written_before_it_closes() -> None:
    transport = RecordingTransport()
    writes = joined(transport)

    writes.write(b"last words")
    writes.close()

    assert transport.sent == [b"last words"]
    assert writes.is_closing()


async def test_a_connection_that_closed_meanwhile_is_sent_nothing() -> None:
    transport = RecordingTransport()
    writes = joined(transport)

    writes.write(b"too late")
    transport.close()
    await asyncio.sleep(0)

    assert transport.sent == []


async def test_aborting_loses_what_was_not_sent() -> None:
    transport = RecordingTransport()
    writes = joined(transport)

    writes.write(b"lost")
    writes.abort()
    await asyncio.sleep(0)

    assert transport.sent == []


async def test_more_than_the_limit_does_not_wait_for_the_turn_to_end() -> None:
    transport = RecordingTransport()
    writes = joined(transport)

    writes.write(b"x" * JOINED_BYTES_MAX)
    writes.write(b"y")

    assert [len(piece) for piece in transport.sent] == [JOINED_BYTES_MAX + 1]
