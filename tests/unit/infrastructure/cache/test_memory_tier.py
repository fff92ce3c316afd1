import msgspec

from bff_backoffice.infrastructure.cache.entries import Entry, decode_entry, encode_entry
from bff_backoffice.infrastructure.cache.memory_tier import GENERATIONS_MAX, MemoryTier


def entry(body: bytes = b"1") -> Entry:
    return Entry(stored_at=1.0, kept_until=2.0, generation="g", body=msgspec.Raw(body))


def test_the_least_recently_used_entry_goes_first() -> None:
    memory = MemoryTier(entries_max=2)
    memory.put("a", entry(), read_at=0)
    memory.put("b", entry(), read_at=0)
    memory.get("a")
    memory.put("c", entry(), read_at=0)

    assert memory.get("a") is not None
    assert memory.get("b") is None
    assert len(memory) == 2


def test_bytes_are_bounded_too() -> None:
    memory = MemoryTier(bytes_max=1000)
    for number in range(100):
        memory.put(str(number), entry(b"1" * 300), read_at=0)

    assert len(memory) == 3


def test_replacing_an_entry_frees_its_bytes() -> None:
    memory = MemoryTier(bytes_max=1000)
    for _ in range(100):
        memory.put("same", entry(b"1" * 300), read_at=0)
    memory.put("other", entry(b"1" * 300), read_at=0)

    assert memory.get("same") is not None


def test_that_there_is_nothing_is_remembered_as_well() -> None:
    memory = MemoryTier()
    memory.put("a", None, read_at=5)
    known = memory.get("a")

    assert known is not None
    assert known.entry is None


def test_generations_are_bounded() -> None:
    memory = MemoryTier()
    for number in range(GENERATIONS_MAX + 10):
        memory.learn_generation(str(number), "g")

    assert memory.generation("0") == ""
    assert memory.generation(str(GENERATIONS_MAX)) == "g"


def test_an_entry_survives_the_way_to_the_store_and_back() -> None:
    assert decode_entry(encode_entry(entry(b'{"a":1}'))) == entry(b'{"a":1}')


def test_what_is_not_an_entry_is_none() -> None:
    assert decode_entry(b'["old", 1]') is None
    assert decode_entry(b"\x00") is None
