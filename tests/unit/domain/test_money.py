import msgspec
import pytest

from bff_backoffice.domain.money import Money, is_micro_amount, money, total_of

DECODER = msgspec.json.Decoder(Money)


def test_money_is_written_as_a_string_of_micro_units() -> None:
    assert msgspec.json.encode(money(12_500_000, "USD")) == (
        b'{"amountMicro":"12500000","currency":"USD"}'
    )


@pytest.mark.parametrize(
    "text",
    [
        b'{"amountMicro": 12500000, "currency": "USD"}',
        b'{"amountMicro": "12.5", "currency": "USD"}',
        b'{"amountMicro": "", "currency": "USD"}',
        b'{"amountMicro": "1e6", "currency": "USD"}',
        b'{"amountMicro": "1234567890123456789012345", "currency": "USD"}',
        b'{"currency": "USD"}',
    ],
)
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        DECODER.decode(text)


@pytest.mark.parametrize("text", ["0", "-5", "12500000"])
def test_a_whole_number_is_a_micro_amount(text: str) -> None:
    assert is_micro_amount(text)


@pytest.mark.parametrize("text", ["", "-", "--5", "+5", "1_000", "٣", " 1"])
def test_what_python_would_read_as_a_number_is_not_always_one(text: str) -> None:
    assert not is_micro_amount(text)


def test_a_sum_has_one_currency_or_there_is_none() -> None:
    assert total_of([money(5, "USD"), money(-7, "USD")]) == money(-2, "USD")
    assert total_of([money(5, "USD"), money(5, "AFN")]) is None
    assert total_of([]) is None
