"""Asking tenant-service what an operator may do: behind the request, never before it."""

import asyncio

import pytest
from tests.fakes.access_store import FakeAccessStore
from tests.fakes.manual_clock import ManualClock
from tests.fakes.operator_scopes import FakeOperatorScopes
from tests.tokens import OPERATOR, TENANT

from bff_backoffice.application.access.operator_scopes import (
    ASK_AGAIN_SECONDS,
    UNDER_WAY_MAX,
    ResolveOperatorScopes,
)
from bff_backoffice.domain.device_session import OperatorScope
from bff_backoffice.foundation.identifiers import OperatorId, TenantId

SCOPE = OperatorScope(roles=frozenset({"owner"}), property_ids=frozenset())


class Asking:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FakeAccessStore()
        self.scopes = FakeOperatorScopes(SCOPE)
        self.resolve = ResolveOperatorScopes(self.scopes, self.store, self.clock)

    def start(self, operator: str = OPERATOR) -> None:
        self.resolve.start(TenantId(TENANT), OperatorId(operator))

    async def settle(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0)


async def test_the_answer_is_remembered_for_the_next_request() -> None:
    asking = Asking()
    asking.start()
    await asking.settle()

    assert asking.store.scopes == {f"{TENANT}:{OPERATOR}": SCOPE}


async def test_one_question_per_operator_is_under_way() -> None:
    asking = Asking()
    asking.scopes.gate.clear()
    for _ in range(10):
        asking.start()
        await asking.settle()
    asking.start("opr_other")
    await asking.settle()

    assert len(asking.scopes.asked) == 2
    await asking.resolve.close()
    assert asking.store.scopes == {}


async def test_after_a_failure_it_is_asked_again_but_not_at_once() -> None:
    asking = Asking()
    asking.scopes.scope = None
    for _ in range(10):
        asking.start()
        await asking.settle()
    assert len(asking.scopes.asked) == 1

    asking.clock.advance(ASK_AGAIN_SECONDS)
    asking.start()
    await asking.settle()
    assert len(asking.scopes.asked) == 2


async def test_a_store_that_is_down_costs_nothing_but_the_answer() -> None:
    asking = Asking()
    asking.store.go_down()
    asking.start()
    await asking.settle()

    assert asking.store.scopes == {}


async def test_the_questions_under_way_and_remembered_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bff_backoffice.application.access.operator_scopes.REMEMBERED_MAX", 10)
    asking = Asking()
    asking.scopes.gate.clear()
    for number in range(3 * UNDER_WAY_MAX):
        asking.start(f"opr_{number}")
    await asking.settle()

    assert len(asking.scopes.asked) == UNDER_WAY_MAX
    assert len(asking.resolve._asked_at) == 10  # pyright: ignore[reportPrivateUsage] - behind the curtain
    await asking.resolve.close()
