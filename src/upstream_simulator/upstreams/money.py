"""Money on the wire: micro-units as a string, beside their currency; a JSON number is refused."""

import re
from typing import Final

from upstream_simulator.bodies import object_in
from upstream_simulator.documents import Document
from upstream_simulator.exchange import VALIDATION_FAILED, Refusal

_MICRO: Final = re.compile(r"-?\d{1,18}", re.ASCII)


def money(micro: int, currency: str) -> dict[str, str]:
    """Return an amount as it is sent."""
    return {"amountMicro": str(micro), "currency": currency}


def micro_of(amount: Document) -> int:
    """Return the micro-units of an amount of ours."""
    return int(amount["amountMicro"])


def amount_in(document: Document, name: str, *, currency: str, allow_zero: bool = False) -> int:
    """Return a positive amount of the body in micro-units; refuse any other."""
    amount = object_in(document, name)
    micro: object = amount.get("amountMicro")
    if not isinstance(micro, str) or _MICRO.fullmatch(micro) is None:
        raise Refusal(400, VALIDATION_FAILED, f"{name}.amountMicro is not a string of digits")
    if amount.get("currency") != currency:
        raise Refusal(422, "MELMASTOON.BILLING.CURRENCY_MISMATCH", expected=currency)
    if int(micro) < 0 or (int(micro) == 0 and not allow_zero):
        raise Refusal(422, "MELMASTOON.BILLING.NEGATIVE_AMOUNT")
    return int(micro)
