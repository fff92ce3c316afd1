"""JSON: a proof read strictly, an upstream's answer decoded and validated, an answer encoded."""

import json
from collections.abc import Callable

import msgspec
import orjson
import pydantic
from pydantic.alias_generators import to_camel
from tools.stack_measurements.candidates.turns import in_one_thread, report
from tools.stack_measurements.rounds import Measurement, compare, take_turns

from bff_backoffice.foundation.strict_json import NotStrictJson, parse_object

TIMES = 1000
ROUNDS = 9
PROOF_HEADER = json.dumps(
    {
        "typ": "dpop+jwt",
        "alg": "ES256",
        "jwk": {"crv": "P-256", "kty": "EC", "x": "x" * 43, "y": "y" * 43},
    }
).encode()
PROOF_CLAIMS = json.dumps(
    {
        "jti": "j" * 22,
        "htm": "GET",
        "htu": "https://backoffice.example/bff/backoffice/v1/session",
        "iat": 1767225600,
        "ath": "a" * 43,
    }
).encode()
STAYS = 22


class Guest(msgspec.Struct, frozen=True, rename="camel"):
    guest_id: str
    display_name: str


class Stay(msgspec.Struct, frozen=True, rename="camel"):
    reservation_id: str
    status: str
    arrival_date: str
    departure_date: str
    room_type_id: str
    room_id: str | None
    adults: int
    children: int
    guest: Guest
    is_paid: bool
    notes: list[str]


class Arrivals(msgspec.Struct, frozen=True, rename="camel"):
    items: list[Stay]
    next_cursor: str | None


class GuestModel(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel, frozen=True)
    guest_id: str
    display_name: str


class StayModel(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel, frozen=True)
    reservation_id: str
    status: str
    arrival_date: str
    departure_date: str
    room_type_id: str
    room_id: str | None
    adults: int
    children: int
    guest: GuestModel
    is_paid: bool
    notes: list[str]


class ArrivalsModel(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel, frozen=True)
    items: list[StayModel]
    next_cursor: str | None


def upstream_answer() -> bytes:
    ulid = "01HZX8QJ5T9W2V4Y6B8D0F2H"
    stay = {
        "reservationId": f"res_{ulid}00",
        "status": "confirmed",
        "arrivalDate": "2026-01-01",
        "departureDate": "2026-01-04",
        "roomTypeId": f"rmt_{ulid}01",
        "roomId": f"room_{ulid}02",
        "adults": 2,
        "children": 1,
        "guest": {"guestId": f"gst_{ulid}03", "displayName": "Zoë Müller-Østergård"},
        "isPaid": False,
        "notes": ["late arrival, after 22:00", "cot in the room"],
    }
    return json.dumps({"items": [stay] * STAYS, "nextCursor": None}, ensure_ascii=False).encode()


async def proof_parse() -> Measurement:
    def both(parse: Callable[[bytes], object]) -> Callable[[], object]:
        return lambda: (parse(PROOF_HEADER), parse(PROOF_CLAIMS))

    parsers: dict[str, Callable[[bytes], object]] = {
        "strict_json (standard library, refusing)": lambda text: parse_object(text, bytes_max=4096),
        "json of the standard library, as it comes": json.loads,
        "msgspec, untyped": msgspec.json.decode,
        "orjson": orjson.loads,
    }
    taken = await take_turns(
        [in_one_thread(name, both(parse), TIMES) for name, parse in parsers.items()],
        rounds=ROUNDS,
        operations=TIMES,
    )
    return compare(
        "proof_json",
        "parse a proof's header and payload",
        taken,
        chosen="strict_json (standard library, refusing)",
        operations=TIMES,
        notes=[f"{name}: {_laxity(parse)}" for name, parse in parsers.items()],
    )


def _laxity(parse: Callable[[bytes], object]) -> str:
    """Say which of the texts that nobody may send it takes."""
    texts = {
        "repeated member": b'{"a":1,"a":2}',
        "NaN": b'{"a":NaN}',
        "1e400": b'{"a":1e400}',
        "half a surrogate pair": b'{"a":"\\ud800"}',
    }
    takes: list[str] = []
    for name, text in texts.items():
        try:
            parse(text)
        except (ValueError, NotStrictJson, msgspec.DecodeError):
            continue
        takes.append(name)
    return "takes " + ", ".join(takes) if takes else "refuses all four forgeries tried"


async def decode() -> Measurement:
    text = upstream_answer()
    struct = msgspec.json.Decoder(Arrivals)
    candidates = {
        "msgspec Struct": lambda: struct.decode(text),
        "orjson, not validated": lambda: orjson.loads(text),
        "pydantic": lambda: ArrivalsModel.model_validate_json(text),
    }
    return await _compare(
        "decode", f"decode and validate {len(text)} bytes", candidates, chosen="msgspec Struct"
    )


async def encode() -> Measurement:
    text = upstream_answer()
    struct, plain = msgspec.json.decode(text, type=Arrivals), orjson.loads(text)
    model = ArrivalsModel.model_validate_json(text)
    encoder = msgspec.json.Encoder()
    candidates = {
        "msgspec Struct": lambda: encoder.encode(struct),
        "orjson, of a dict": lambda: orjson.dumps(plain),
        "pydantic": lambda: model.model_dump_json(by_alias=True),
        "json of the standard library, of a dict": lambda: json.dumps(plain).encode(),
    }
    return await _compare(
        "encode", f"encode {len(text)} bytes", candidates, chosen="msgspec Struct"
    )


async def _compare(
    name: str, operation: str, candidates: dict[str, Callable[[], object]], *, chosen: str
) -> Measurement:
    taken = await take_turns(
        [in_one_thread(who, work, TIMES) for who, work in candidates.items()],
        rounds=ROUNDS,
        operations=TIMES,
    )
    return compare(name, operation, taken, chosen=chosen, operations=TIMES)


async def measure() -> list[Measurement]:
    return [await proof_parse(), await decode(), await encode()]


if __name__ == "__main__":
    report(measure)
