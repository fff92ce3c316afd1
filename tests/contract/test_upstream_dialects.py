"""Each gateway against an upstream that speaks that upstream's dialect, and no other's."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from tests.fakes.upstream_dialects import CASES, OPERATOR, ULID, USD, Case, Read
from tests.fakes.upstream_http import scope_for, upstream_client
from tests.fakes.upstream_server import answering, running_upstream

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.infrastructure.upstreams.ai_orchestrator import AiOrchestratorGateway
from bff_backoffice.infrastructure.upstreams.analytics import AnalyticsGateway
from bff_backoffice.infrastructure.upstreams.billing import BillingGateway
from bff_backoffice.infrastructure.upstreams.dialect import PAGES_MAX
from bff_backoffice.infrastructure.upstreams.housekeeping import HousekeepingGateway
from bff_backoffice.infrastructure.upstreams.inventory import InventoryGateway
from bff_backoffice.infrastructure.upstreams.notification import NotificationGateway
from bff_backoffice.infrastructure.upstreams.pricing import PricingGateway
from bff_backoffice.infrastructure.upstreams.tenant import TenantGateway


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_gateway_asks_in_the_upstream_s_words_and_answers_in_ours(case: Case) -> None:
    behaviours = [answering(json.dumps(answer).encode()) for answer in case.answers]
    async with running_upstream(*behaviours) as server, upstream_client(server.origin) as client:
        found = await case.read(client, scope_for())

    assert json.loads(msgspec.json.encode(found)) == case.expected  # noqa: TID251 - our own bytes
    last = server.seen[-1]
    url = urlsplit(last.target)
    assert url.path == case.path
    assert dict(parse_qsl(url.query)) == case.query
    assert case.headers.items() <= last.headers.items()


@pytest.mark.parametrize(
    "case", [case for case in CASES if "own" not in case.name], ids=lambda case: case.name
)
async def test_a_property_audience_call_names_no_operator(case: Case) -> None:
    behaviours = [answering(json.dumps(answer).encode()) for answer in case.answers]
    async with running_upstream(*behaviours) as server, upstream_client(server.origin) as client:
        await case.read(client, scope_for())

    for request in server.seen:
        said = request.target + json.dumps(request.headers)
        assert "opr_" not in said
        assert "operator" not in said.lower()


async def test_suggestions_keep_their_provenance_byte_for_byte() -> None:
    provenance = '{"id":"prv_p_1","confidence":0.870,"extra":{"b":1,"a":2}}'
    body = (
        '{"items":[{"id":"ifs_1","capability":"rate_change","title":"Raise","confidence":0.87,'
        f'"tags":["pricing"],"provenance":{provenance}}}],"hasMore":false}}'
    )
    async with (
        running_upstream(answering(body.encode())) as server,
        upstream_client(server.origin) as client,
    ):
        (found,) = await AiOrchestratorGateway(client).open_suggestions(
            scope_for(), profile="sharia"
        )

    assert found.provenance.decode() == provenance
    assert found.tags == ("pricing",)
    assert dict(parse_qsl(urlsplit(server.seen[0].target).query))["complianceProfile"] == "sharia"


async def provenance_of(block: bytes) -> bytes:
    body = b'{"items":[{"id":"ifs_1","capability":"staffing","title":"t","provenance":%s}]}' % block
    async with (
        running_upstream(answering(body)) as server,
        upstream_client(server.origin) as client,
    ):
        (found,) = await AiOrchestratorGateway(client).open_suggestions(scope_for(), profile=None)
    return found.provenance


async def test_a_pretty_printed_provenance_does_not_break_our_lines() -> None:
    block = b'{\r\n  "modelId": "a\\nb",\n  "confidence": 0.870\n}'
    passed_on = await provenance_of(block)

    assert b"\n" not in passed_on
    assert json.loads(passed_on) == {  # noqa: TID251 - our own bytes
        "modelId": "a\nb",
        "confidence": 0.87,
    }
    assert b"0.870" in passed_on


async def test_a_provenance_that_is_not_unicode_is_not_passed_on() -> None:
    with pytest.raises(UpstreamFailure, match="malformed"):
        await provenance_of(b'{"modelId": "\xff"}')


WRONG_SHAPES: dict[str, tuple[Read, object]] = {
    "another upstream's prefix": (
        lambda client, scope: HousekeepingGateway(client).rooms(scope),
        {"items": [{"roomId": f"rmu_{ULID}", "status": "ready"}]},
    ),
    "money as a number": (
        lambda client, scope: BillingGateway(client).open_balances(scope),
        {
            "items": [
                {
                    "id": "fol_1",
                    "reservationId": f"res_{ULID}",
                    "balance": {"amountMicro": 5, "currency": USD},
                }
            ],
            "pagination": {},
        },
    ),
    "money that is no micro amount": (
        lambda client, scope: PricingGateway(client).rate_views(scope),
        {
            "date": "2026-03-13",
            "ratePlanCode": "BAR",
            "items": [{"roomTypeId": f"rmt_{ULID}", "amount": "12.5:USD"}],
        },
    ),
    "a metric in money that is a plain number": (
        lambda client, scope: AnalyticsGateway(client).metric_views(scope),
        {"items": [{"key": "adr", "date": "2026-03-13", "value": 88.4}]},
    ),
    "a profile that is absent is not a profile of none": (
        lambda client, scope: TenantGateway(client).config(scope),
        {"data": {"tenantId": f"tnt_{ULID}"}},
    ),
}


@pytest.mark.parametrize("what", WRONG_SHAPES)
async def test_what_is_not_the_promised_dialect_is_a_wrong_shape(what: str) -> None:
    read, answer = WRONG_SHAPES[what]
    async with (
        running_upstream(answering(json.dumps(answer).encode())) as server,
        upstream_client(server.origin) as client,
    ):
        with pytest.raises(UpstreamFailure) as caught:
            await read(client, scope_for())

    assert caught.value.reason == "wrong_shape"


async def test_no_drawer_is_a_state_and_no_closed_day_is_no_widget() -> None:
    async with (
        running_upstream(
            answering(b'{"items": []}'), answering(b'{"error": {}}', status=404)
        ) as server,
        upstream_client(server.origin) as client,
    ):
        billing = BillingGateway(client)
        drawer: Views = await billing.drawer_views(replace(scope_for(), operator_id=OPERATOR))
        day: Views = await billing.end_of_day_views(scope_for())

    assert json.loads(msgspec.json.encode(drawer)) == {  # noqa: TID251 - our own bytes
        "cash_drawer": {"state": "none"}
    }
    assert day == {}


async def test_an_upstream_whose_pages_never_end_is_left_after_a_few() -> None:
    endless = {"items": [{"roomId": f"rom_{ULID}", "status": "ready"}], "nextCursor": "again"}
    async with (
        running_upstream(answering(json.dumps(endless).encode())) as server,
        upstream_client(server.origin) as client,
    ):
        await HousekeepingGateway(client).rooms(scope_for())

    assert len(server.seen) == PAGES_MAX


async def test_a_property_s_list_without_a_property_is_a_mistake_of_ours() -> None:
    async with upstream_client("http://127.0.0.1:1") as client:
        with pytest.raises(ValueError, match="property"):
            await InventoryGateway(client).occupancy_views(replace(scope_for(), property_id=None))


async def test_an_operator_s_view_without_an_operator_is_a_mistake_of_ours() -> None:
    async with upstream_client("http://127.0.0.1:1") as client:
        with pytest.raises(ValueError, match="operator"):
            await NotificationGateway(client).alert_views(scope_for())
