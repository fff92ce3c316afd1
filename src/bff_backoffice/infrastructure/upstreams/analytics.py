"""analytics-service: metrics by key; a value is a number or money, as its unit says."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.dashboard_views import MoneyMetric
from bff_backoffice.domain.money import Money
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

ANALYTICS_DIALECT: Final = Dialect(upstream="analytics")
KEYS: Final = ("adr", "revpar")


class _Metric(msgspec.Struct, rename="camel"):
    key: str
    date: str
    value: Money | float
    change_percent: float | None = None
    computed_at: str | None = None


class _Metrics(msgspec.Struct):
    items: list[_Metric]


_METRICS: Final = msgspec.json.Decoder(_Metrics)


class AnalyticsGateway:
    """The figures that analytics computes."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, ANALYTICS_DIALECT)

    async def metric_views(self, scope: CallScope) -> Views:
        """Return revenue per available room and average daily rate."""
        metrics = await self._reader.get(
            "/api/v1/analytics/metrics",
            _METRICS,
            scope=scope,
            query={
                "propertyId": ANALYTICS_DIALECT.property_sent(scope),
                "keys": ",".join(KEYS),
            },
        )
        return {metric.key: _money_metric(metric) for metric in metrics.items if metric.key in KEYS}


def _money_metric(metric: _Metric) -> MoneyMetric:
    if not isinstance(metric.value, Money):
        raise UpstreamFailure(upstream="analytics", reason="wrong_shape")
    return MoneyMetric(
        business_date=metric.date,
        value=metric.value,
        change_percent=metric.change_percent,
        computed_at=metric.computed_at,
    )
