"""pricing-service: base `/v1`, properties `pty_`, money as one string `"125000000:USD"`."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.dashboard_views import RateSnapshot, RoomTypeRate
from bff_backoffice.domain.money import Money, is_micro_amount
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

PRICING_DIALECT: Final = Dialect(upstream="pricing", property="pty")


class _Rate(msgspec.Struct, rename="camel"):
    room_type_id: str
    amount: str
    room_type_name: str | None = None


class _Rates(msgspec.Struct, rename="camel"):
    date: str
    rate_plan_code: str
    items: list[_Rate]


_RATES: Final = msgspec.json.Decoder(_Rates)


class PricingGateway:
    """Today's prices."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, PRICING_DIALECT)

    async def rate_views(self, scope: CallScope) -> Views:
        """Return the open day's public rates."""
        rates = await self._reader.get(
            "/v1/pricing/rates",
            _RATES,
            scope=scope,
            query={"propertyId": PRICING_DIALECT.property_sent(scope)},
        )
        return {
            "rate_snapshot": RateSnapshot(
                business_date=rates.date,
                rate_plan_code=rates.rate_plan_code,
                rates=tuple(
                    RoomTypeRate(
                        room_type_id=PRICING_DIALECT.our_room_type(rate.room_type_id),
                        rate=_money(rate.amount),
                        name=rate.room_type_name,
                    )
                    for rate in rates.items
                ),
            )
        }


def _money(text: str) -> Money:
    micro, separator, currency = text.partition(":")
    if not separator or not currency or not is_micro_amount(micro):
        raise UpstreamFailure(upstream="pricing", reason="wrong_shape")
    return Money(amount_micro=micro, currency=currency)
