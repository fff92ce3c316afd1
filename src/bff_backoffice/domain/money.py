"""Money as this service says it: whole micro-units in a string, never a JSON number."""

from typing import Final

import msgspec

MICRO_DIGITS_MAX: Final = 24


class Money(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An amount in one currency; `12500000` micro-units are 12.50."""

    amount_micro: str
    currency: str

    def __post_init__(self) -> None:
        if not is_micro_amount(self.amount_micro):
            raise ValueError("amountMicro: not a whole number")

    def micro(self) -> int:
        """Return the amount as a whole number of micro-units."""
        return int(self.amount_micro)


def money(micro: int, currency: str) -> Money:
    """Return an amount from its micro-units."""
    return Money(amount_micro=str(micro), currency=currency)


def is_micro_amount(text: str) -> bool:
    """Tell whether the text is a whole number of micro-units, as billing writes it."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= MICRO_DIGITS_MAX


def total_of(amounts: list[Money]) -> Money | None:
    """Return the sum, or None where there is nothing to add or the currencies differ."""
    currencies = {amount.currency for amount in amounts}
    if len(currencies) != 1:
        return None
    return money(sum(amount.micro() for amount in amounts), currencies.pop())
