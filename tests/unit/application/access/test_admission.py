"""One step in the session tier: what a caller meets when the store is lost, down or another one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from tests.access_desk import Desk, facts_at
from tests.fakes.access_store import FakeAccessStore
from tests.tokens import OPERATOR, PROPERTY, TENANT

from bff_backoffice.application.access import store_generation
from bff_backoffice.application.access.refusals import AccessStoreUnavailable
from bff_backoffice.application.access.store_generation import CurrentGeneration
from bff_backoffice.application.ports.access_store import AccessStoreDown, Admission
from bff_backoffice.application.ports.revocations import Revocation
from bff_backoffice.domain.device_session import OperatorScope
from bff_backoffice.foundation.identifiers import PropertyId, TenantId
from bff_backoffice.security.errors import NonceDemanded, ProofRefused


async def nonce_demanded(desk: Desk, proof: str | None = None) -> str:
    with pytest.raises(NonceDemanded) as demand:
        await desk.authenticate(desk.offer(proof or desk.proof()), facts_at(desk.clock))
    return demand.value.nonce


async def with_nonce(desk: Desk, nonce: str) -> None:
    desk.clock.advance(0.01)
    await desk.admitted(desk.offer(desk.proof(claims={"nonce": nonce})))


async def test_two_first_requests_open_one_session() -> None:
    desk = Desk()
    principals = await asyncio.gather(*(desk.admitted() for _ in range(20)))

    assert len({principal.session_id for principal in principals}) == 1
    assert len(desk.store.owed_events) == 1


async def test_a_session_keeps_what_its_first_request_said() -> None:
    desk = Desk()
    first = desk.offer(locale="fa-AF", network_profile="flaky")
    principal = await desk.admitted(first)
    later = await desk.admitted(desk.offer(locale="fr"))

    (session,) = desk.store.sessions.values()
    assert principal.locale == later.locale == session.locale == "fa-AF"
    assert session.network_profile == "flaky"
    assert session.app_version == "1.4.0"
    assert b'"locale":"fa-AF"' in desk.store.owed_events[0]


async def test_a_fresh_start_demands_no_nonce() -> None:
    desk = Desk()

    await desk.admitted()

    assert desk.store.marker == 1


async def test_after_a_wipe_no_spent_proof_passes_again_and_one_retry_recovers() -> None:
    desk = Desk()
    spent = [
        desk.proof(claims={"iat": desk.clock.epoch_seconds() + ahead}) for ahead in (-5, 0, 10)
    ]
    for proof in spent:
        await desk.admitted(desk.offer(proof))
    desk.store.lose_everything()

    for proof in spent:
        await nonce_demanded(desk, proof)
    nonce = await nonce_demanded(desk)
    await with_nonce(desk, nonce)
    for proof in spent:
        await nonce_demanded(desk, proof)


async def test_after_a_failover_with_the_marker_still_there_no_spent_proof_passes() -> None:
    """A promoted replica has the marker and has lost the last claims."""
    desk = Desk()
    spent = desk.proof()
    await desk.admitted(desk.offer(spent))
    desk.store.claims.clear()
    desk.store.run_id = "run-2"
    desk.generation.forget()  # What the guard of new connections does.

    await nonce_demanded(desk, spent)
    assert desk.store.marker == 2


async def test_one_loss_seen_by_many_instances_opens_one_generation() -> None:
    desk = Desk()
    others = [desk.another_instance(desk.another_generation()) for _ in range(5)]
    for instance in others:
        await instance(desk.offer(), facts_at(desk.clock))
    desk.store.lose_everything()

    for instance in others * 2:
        with pytest.raises(NonceDemanded):
            await instance(desk.offer(), facts_at(desk.clock))

    assert desk.generations.current is not None
    assert desk.generations.current.number == 2


async def test_an_instance_that_starts_after_a_loss_opens_the_next_generation_itself() -> None:
    desk = Desk()
    spent = desk.proof()
    await desk.admitted(desk.offer(spent))
    desk.store.lose_everything()
    restarted = desk.another_instance(desk.another_generation())

    with pytest.raises(NonceDemanded):
        await restarted(desk.offer(spent), facts_at(desk.clock))


async def test_a_marker_from_a_future_that_the_database_forgot_is_overtaken() -> None:
    """PostgreSQL came back from a backup: its generations are behind the store's mark."""
    desk = Desk()
    await desk.admitted()
    desk.store.marker = 6

    nonce = await nonce_demanded(desk)
    await with_nonce(desk, nonce)

    assert desk.store.marker == 7


async def test_revocations_are_back_before_anybody_is_let_into_a_store_that_lost_them() -> None:
    desk = Desk()
    principal = await desk.admitted()
    await desk.revoke.revocations.record(sign_out_of(desk, principal.iam_session_id))
    desk.store.lose_everything()

    nonce = await nonce_demanded(desk)
    desk.clock.advance(0.01)

    with pytest.raises(Exception, match=r"session\.revoked"):
        await desk.admitted(desk.offer(desk.proof(claims={"nonce": nonce})))
    assert desk.store.calls.index("mirror") < desk.store.calls.index("mark", 3)


def sign_out_of(desk: Desk, sid: str) -> Revocation:
    return Revocation(
        tenant_id=TenantId(TENANT),
        kind="sid",
        subject=sid,
        revoked_before=desk.clock.now(),
        is_suspended=False,
        expires_at=desk.clock.now() + timedelta(days=30),
    )


async def test_a_store_that_is_down_lets_nobody_in() -> None:
    desk = Desk()
    await desk.admitted()
    desk.store.go_down()

    with pytest.raises(AccessStoreUnavailable):
        await desk.admitted()

    desk.store.come_back()
    await desk.admitted()


async def test_without_postgres_sessions_go_on_once_the_generation_is_known() -> None:
    desk = Desk()
    await desk.admitted()
    desk.generations.is_down = True

    await desk.admitted()
    desk.store.lose_everything()
    with pytest.raises(AccessStoreUnavailable):
        await desk.admitted()


async def test_without_postgres_nobody_is_let_in_before_the_generation_is_known() -> None:
    desk = Desk()
    desk.generations.is_down = True

    with pytest.raises(AccessStoreUnavailable):
        await desk.admitted()

    desk.generations.is_down = False
    await desk.admitted()


async def test_a_lost_answer_is_never_told_as_a_replay() -> None:
    """The first try may have claimed the proof: the client signs anew and is no suspect."""
    desk = Desk()
    await desk.admitted()
    desk.store.after_admission = failing_times(1)

    with pytest.raises(AccessStoreUnavailable):
        await desk.admitted()
    await desk.admitted()


async def test_a_call_that_never_took_effect_is_made_again() -> None:
    desk = Desk()
    await desk.admitted()
    desk.store.before_call = failing_times(1)

    await desk.admitted()


async def test_a_lost_line_and_then_another_run_behind_it_still_ends_in_a_nonce() -> None:
    """As after a restart: the old line is dead, the new one is refused, then comes the step."""
    desk = Desk()
    await desk.admitted()
    failures = 0

    def fail() -> None:
        nonlocal failures
        failures += 1
        if failures == 2:
            desk.store.run_id = "run-2"
            desk.generation.forget()
        if failures <= 2:
            raise AccessStoreDown

    desk.store.before_call = fail

    nonce = await nonce_demanded(desk)
    await with_nonce(desk, nonce)


async def test_many_callers_wait_for_one_opening() -> None:
    desk = Desk()
    desk.generations.opened = 0

    await asyncio.gather(*(desk.admitted() for _ in range(50)))

    assert desk.generations.opened == 1


async def test_an_admission_without_a_session_is_a_mistake_of_ours() -> None:
    desk = Desk()

    await desk.admitted()
    desk.authenticate.store = NothingInside(marker=1)
    with pytest.raises(TypeError):
        await desk.admitted()


class NothingInside(FakeAccessStore):
    """Breaks the port's promise."""

    async def admit(self, *_: object, **__: object) -> Admission:
        return Admission(outcome="admitted")


async def test_the_upstreams_word_only_narrows_a_token() -> None:
    desk = Desk()
    desk.store.scopes[f"{TENANT}:{OPERATOR}"] = OperatorScope(
        roles=frozenset({"owner", "front_desk"}),
        property_ids=frozenset({PropertyId(PROPERTY), PropertyId("prop_other")}),
    )
    principal = await desk.admitted()

    assert principal.is_scope_resolved
    assert principal.roles == {"front_desk"}
    assert principal.property_ids == {PROPERTY}

    desk.store.scopes[f"{TENANT}:{OPERATOR}"] = OperatorScope(
        roles=frozenset(), property_ids=frozenset()
    )
    principal = await desk.admitted()
    assert principal.roles == principal.property_ids == frozenset()


def failing_times(times: int) -> Callable[[], None]:
    left = times

    def fail() -> None:
        nonlocal left
        if left:
            left -= 1
            raise AccessStoreDown

    return fail


async def test_a_replay_is_told_as_one_when_no_answer_was_lost() -> None:
    desk = Desk()
    offered = desk.offer()
    await desk.admitted(offered)

    with pytest.raises(ProofRefused) as refusal:
        await desk.admitted(offered)
    assert refusal.value.reason == "replayed"


async def test_an_opening_that_takes_long_goes_on_when_nobody_waits_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each request waits its time and hears 503; the reload behind them is not begun anew."""
    monkeypatch.setattr(store_generation, "WAIT_SECONDS_MAX", 0.01)
    desk = Desk()
    reloads = 0
    gate = asyncio.Event()

    async def reload() -> None:
        nonlocal reloads
        reloads += 1
        await gate.wait()

    desk.generation = CurrentGeneration(
        desk.generations,
        desk.store,
        desk.nonces,
        desk.clock,
        reload_revocations=reload,
        ahead_seconds_max=10,
    )
    slow = desk.another_instance()
    for _ in range(3):
        with pytest.raises(AccessStoreUnavailable):
            await slow(desk.offer(), facts_at(desk.clock))
    gate.set()
    await desk.generation.reopen()

    await slow(desk.offer(), facts_at(desk.clock))
    assert reloads == 1


async def test_closing_ends_an_opening_that_hangs() -> None:
    desk = Desk()
    await desk.generation.close()
    hung = asyncio.Event()
    desk.generation = CurrentGeneration(
        desk.generations,
        desk.store,
        desk.nonces,
        desk.clock,
        reload_revocations=_never_returning(hung),
        ahead_seconds_max=10,
    )
    waiting = asyncio.create_task(desk.generation.reopen())
    await asyncio.wait_for(hung.wait(), 1)
    await desk.generation.close()

    assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], BaseException)


def _never_returning(reached: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def reload() -> None:
        reached.set()
        await asyncio.sleep(60)

    return reload
