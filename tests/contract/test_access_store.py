"""What every session tier promises: one suite for the fake and for the script on Valkey."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from redis.asyncio import Redis
from tests.fakes.access_store import FakeAccessStore
from tests.tokens import DEVICE, OPERATOR, SID, TENANT, ULID
from tests.valkey_contents import everything_in, names_in

from bff_backoffice.application.ports.access_store import (
    AccessStore,
    AccessStoreDown,
    Admission,
    EndedSession,
    Outcome,
    SessionHolder,
    SessionToOpen,
)
from bff_backoffice.application.ports.revocations import (
    Revocation,
    RevocationKind,
    RevocationMirror,
)
from bff_backoffice.application.ports.store_generations import (
    SessionTierIdentity,
    StoreGeneration,
)
from bff_backoffice.domain.device_session import DeviceSession, OperatorScope
from bff_backoffice.foundation.identifiers import (
    DeviceId,
    IamSessionId,
    OperatorId,
    PropertyId,
    SessionId,
    TenantId,
)
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.redis.access_store import (
    OWED_DROPPED_KEY,
    OWED_EVENTS_KEY,
    ProofClaims,
    RedisAccessStore,
)
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection

QUOTA = 5
CLAIM_SECONDS = 80
NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the server expires by its own clock
HOLDER = SessionHolder(
    tenant_id=TenantId(TENANT),
    operator_id=OperatorId(OPERATOR),
    device_id=DeviceId(DEVICE),
    iam_session_id=IamSessionId(SID),
    thumbprint="t" * 43,
    auth_time=int(NOW.timestamp()),
)


class Tier(AccessStore, SessionTierIdentity, RevocationMirror, Protocol):
    """All that a session tier is."""


class World:
    """One session tier seen over several connections."""

    def __init__(self, tiers: list[Tier], contents: Callable[[], Awaitable[object]]) -> None:
        self.tiers = tiers
        self.contents = contents

    @property
    def tier(self) -> Tier:
        return self.tiers[0]

    async def admit(
        self,
        identifier: str,
        holder: SessionHolder = HOLDER,
        *,
        generation: int = 1,
        opens: bool = True,
        tier: int = 0,
    ) -> Admission:
        to_open = proposal(identifier) if opens else None
        return await self.tiers[tier].admit(
            holder, identifier, generation=generation, to_open=to_open
        )

    async def refusal_changes_nothing(
        self, identifier: str, holder: SessionHolder = HOLDER, *, generation: int = 1
    ) -> Outcome:
        before = await self.contents()
        admission = await self.admit(identifier, holder, generation=generation)
        assert await self.contents() == before
        assert admission.session is None
        assert admission.scope is None
        return admission.outcome


def proposal(number: str) -> SessionToOpen:
    session = DeviceSession(
        id=SessionId(f"bos_{number}"),
        opened_at="2026-03-14T09:26:53.000Z",
        locale="fa-AF",
        primary_property_id=None,
        app_version="1.4.0",
        app_platform="win32",
        network_profile="flaky",
    )
    return SessionToOpen(session=session, owed_event=b'{"n":"' + number.encode() + b'"}')


def revocation(kind: RevocationKind, subject: str, **changes: object) -> Revocation:
    made = Revocation(
        tenant_id=TenantId(TENANT),
        kind=kind,
        subject=subject,
        revoked_before=NOW,
        is_suspended=False,
        expires_at=NOW + timedelta(days=31),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


@pytest.fixture(params=["fake", "real"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "fake":
        fake = FakeAccessStore(quota_per_key=QUOTA)

        async def contents_of_fake() -> object:
            return fake.contents()

        yield World([fake] * 4, contents_of_fake)
        return
    url: str = request.getfixturevalue("redis_session_url")
    connections = [SharedRedisConnection(SecretText(url), name=f"tier-{n}") for n in range(4)]
    claims = ProofClaims(claim_seconds=CLAIM_SECONDS, quota_per_key=QUOTA)
    redis = Redis.from_url(url)
    yield World(
        [RedisAccessStore(connection, claims) for connection in connections],
        lambda: everything_in(redis),
    )
    await asyncio.gather(*(connection.close() for connection in connections))
    await redis.aclose()


@pytest.fixture(autouse=True)
async def marked(world: World) -> None:
    generation = StoreGeneration(number=1, run_id="any", started_at_epoch_seconds=None)
    await world.tier.mark(generation)


async def test_a_caller_without_a_session_claims_nothing_until_one_is_proposed(
    world: World,
) -> None:
    before = await world.contents()
    admission = await world.admit("p1", opens=False)

    assert admission.outcome == "session_missing"
    assert await world.contents() == before
    assert (await world.admit("p1")).outcome == "admitted"


async def test_the_session_is_given_back_as_it_was_opened(world: World) -> None:
    first = await world.admit("p1")
    second = await world.admit("p2")

    assert first.outcome == second.outcome == "admitted"
    assert first.session == second.session == proposal("p1").session
    assert first.scope is None


async def test_a_proof_is_admitted_once(world: World) -> None:
    await world.admit("p1")

    assert await world.refusal_changes_nothing("p1") == "replayed"


async def test_of_64_copies_over_several_connections_exactly_one_is_admitted(
    world: World,
) -> None:
    await world.admit("first")
    copies = await asyncio.gather(*(world.admit("p1", tier=n % 4) for n in range(64)))

    outcomes = [admission.outcome for admission in copies]
    assert outcomes.count("admitted") == 1
    assert outcomes.count("replayed") == 63


async def test_two_first_requests_open_one_session(world: World) -> None:
    admissions = await asyncio.gather(*(world.admit(f"p{n}", tier=n) for n in range(4)))

    assert {admission.outcome for admission in admissions} == {"admitted"}
    assert len({admission.session for admission in admissions}) == 1


@pytest.mark.parametrize("identifier", ["a:b", "a\x00b", "\U0001f511", "x" * 256, "*", "\r\nDEL x"])
async def test_no_identifier_collides_with_another(world: World, identifier: str) -> None:
    assert (await world.admit(identifier)).outcome == "admitted"
    assert (await world.admit(identifier + "'")).outcome == "admitted"
    assert await world.refusal_changes_nothing(identifier) == "replayed"


async def test_the_same_identifier_of_another_key_or_tenant_is_another_proof(
    world: World,
) -> None:
    await world.admit("p1")

    other_key = replace(HOLDER, thumbprint="u" * 43)
    other_tenant = replace(HOLDER, tenant_id=TenantId(f"tnt_{ULID}Z"))
    assert (await world.admit("p1", other_key)).outcome == "admitted"
    assert (await world.admit("p1", other_tenant)).outcome == "admitted"


async def test_a_spent_quota_refuses_that_key_alone(world: World) -> None:
    for number in range(QUOTA):
        assert (await world.admit(f"p{number}")).outcome == "admitted"

    assert await world.refusal_changes_nothing("one more") == "quota_spent"
    other = replace(HOLDER, thumbprint="u" * 43)
    assert (await world.admit("one more", other)).outcome == "admitted"


@pytest.mark.parametrize("generation", [0, 2, 10])
async def test_another_generation_admits_nobody(world: World, generation: int) -> None:
    outcome = await world.refusal_changes_nothing("p1", generation=generation)

    assert outcome == "generation_unknown"


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("tenant", TENANT), ("operator", OPERATOR), ("device", DEVICE), ("sid", SID)],
)
async def test_each_watermark_refuses_what_was_signed_in_until_then(
    world: World, kind: RevocationKind, subject: str
) -> None:
    await world.admit("before")
    await world.tier.mirror([revocation(kind, subject)])

    assert await world.refusal_changes_nothing("p1") == "revoked"
    assert await world.refusal_changes_nothing("before") == "revoked"
    later = replace(HOLDER, auth_time=HOLDER.auth_time + 1)
    outcome = (await world.admit("p2", later)).outcome
    assert outcome == ("revoked" if kind == "sid" else "admitted")


@pytest.mark.parametrize("kind", ["tenant", "operator", "device"])
async def test_a_suspension_refuses_every_sign_in(world: World, kind: RevocationKind) -> None:
    subject = {"tenant": TENANT, "operator": OPERATOR, "device": DEVICE}[kind]
    await world.tier.mirror([revocation(kind, subject, is_suspended=True)])
    later = replace(HOLDER, auth_time=HOLDER.auth_time + 10**6)

    assert await world.refusal_changes_nothing("p1", later) == "revoked"


@pytest.mark.parametrize(
    "other",
    [
        replace(HOLDER, tenant_id=TenantId(f"tnt_{ULID}Z")),
        replace(HOLDER, operator_id=OperatorId(f"opr_{ULID}Z")),
        replace(HOLDER, device_id=DeviceId(f"dev_{ULID}Z")),
        replace(HOLDER, iam_session_id=IamSessionId(f"ses_{ULID}Z")),
    ],
    ids=["tenant", "operator", "device", "sid"],
)
async def test_a_revocation_hits_nobody_else(world: World, other: SessionHolder) -> None:
    hits = {
        "tenant": revocation("tenant", TENANT),
        "operator": revocation("operator", OPERATOR),
        "device": revocation("device", DEVICE),
        "sid": revocation("sid", SID),
    }
    spared = [
        name
        for name, theirs, ours in (
            ("tenant", other.tenant_id, HOLDER.tenant_id),
            ("operator", other.operator_id, HOLDER.operator_id),
            ("device", other.device_id, HOLDER.device_id),
            ("sid", other.iam_session_id, HOLDER.iam_session_id),
        )
        if theirs != ours
    ]
    await world.tier.mirror([hits[name] for name in spared])

    assert (await world.admit("p1", other)).outcome == "admitted"
    assert await world.refusal_changes_nothing("p2") == "revoked"


async def test_the_generation_is_asked_before_anything_else(world: World) -> None:
    await world.tier.mirror([revocation("tenant", TENANT)])

    assert await world.refusal_changes_nothing("p1", generation=2) == "generation_unknown"


async def test_a_remembered_scope_comes_with_the_next_admission(world: World) -> None:
    scope = OperatorScope(
        roles=frozenset({"owner"}), property_ids=frozenset({PropertyId("prop_A")})
    )
    await world.tier.put_scope(HOLDER.tenant_id, HOLDER.operator_id, scope)

    assert (await world.admit("p1")).scope == scope
    other = replace(HOLDER, operator_id=OperatorId(f"opr_{ULID}Z"))
    assert (await world.admit("p2", other)).scope is None


async def test_an_ended_session_stays_ended_and_owes_one_event(world: World) -> None:
    await world.admit("p1")
    ended = EndedSession(
        tenant_id=HOLDER.tenant_id,
        device_id=HOLDER.device_id,
        iam_session_id=HOLDER.iam_session_id,
    )
    await world.tier.end_session(ended, b"closed")
    once = await world.contents()
    await world.tier.end_session(ended, b"closed again")

    assert await world.refusal_changes_nothing("p2") == "revoked"
    assert b"closed again" not in repr(once).encode()
    assert repr(await world.contents()).count("closed") <= 1


async def test_a_marker_only_moves_forward(world: World) -> None:
    for number in (3, 2):
        generation = StoreGeneration(number=number, run_id="any", started_at_epoch_seconds=None)
        await world.tier.mark(generation)

    assert (await world.tier.identity())[1] == 3


class TestOnValkeyAlone:
    """What only the real one has: keys, their ends and their limits."""

    @pytest.fixture
    async def redis(self, redis_session_url: str) -> AsyncIterator[Redis]:
        client = Redis.from_url(redis_session_url)
        yield client
        await client.aclose()

    @pytest.fixture
    async def world(self, redis_session_url: str, redis: Redis) -> AsyncIterator[World]:
        connection = SharedRedisConnection(SecretText(redis_session_url), name="tier")
        claims = ProofClaims(claim_seconds=CLAIM_SECONDS, quota_per_key=QUOTA)
        yield World(
            [RedisAccessStore(connection, claims)],
            lambda: everything_in(redis),
        )
        await connection.close()

    async def test_every_key_but_the_marker_and_the_owed_events_ends(
        self, world: World, redis: Redis
    ) -> None:
        await world.admit("p1")
        scope = OperatorScope(roles=frozenset(), property_ids=frozenset())
        await world.tier.put_scope(HOLDER.tenant_id, HOLDER.operator_id, scope)
        await world.tier.mirror([revocation("device", f"dev_{ULID}Z")])

        ends = {key: await redis.ttl(key) for key in await names_in(redis)}
        for_ever = {key for key, seconds in ends.items() if seconds == -1}
        assert for_ever == {"access:generation", OWED_EVENTS_KEY}
        (claim,) = (seconds for key, seconds in ends.items() if key.startswith("proof:"))
        assert CLAIM_SECONDS - 2 <= claim <= CLAIM_SECONDS

    async def test_no_key_or_value_holds_a_raw_identifier(self, world: World, redis: Redis) -> None:
        await world.admit("a-raw-identifier")

        for key in await names_in(redis):
            assert "a-raw-identifier" not in key
            if key != OWED_EVENTS_KEY and not key.startswith("session:tnt"):
                assert b"a-raw-identifier" not in (await redis.dump(key) or b"")

    async def test_every_key_of_a_tenant_names_it(self, world: World, redis: Redis) -> None:
        await world.admit("p1")

        keys = set(await names_in(redis))
        assert all(TENANT in key for key in keys - {"access:generation", OWED_EVENTS_KEY})

    async def test_a_full_list_of_owed_events_counts_what_it_drops(
        self, world: World, redis: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bff_backoffice.infrastructure.redis.access_store.OWED_EVENTS_MAX", 1)
        other = replace(HOLDER, iam_session_id=IamSessionId("ses_other"))
        await world.admit("p1")
        await world.admit("p2", other)
        ended = EndedSession(
            tenant_id=HOLDER.tenant_id,
            device_id=HOLDER.device_id,
            iam_session_id=HOLDER.iam_session_id,
        )
        await world.tier.end_session(ended, b"closed")

        assert await redis.llen(OWED_EVENTS_KEY) == 1
        assert await redis.get(OWED_DROPPED_KEY) == b"2"

    async def test_a_session_slides(self, world: World, redis: Redis) -> None:
        await world.admit("p1")
        key = f"session:{TENANT}:{SID}"
        await redis.expire(key, 100)
        await world.admit("p2")

        assert await redis.ttl(key) > 43_000

    @pytest.mark.parametrize("broken", ["session", "quota", "sessions"])
    async def test_a_key_of_the_wrong_kind_is_a_store_that_is_down(
        self, world: World, redis: Redis, broken: str
    ) -> None:
        key = {
            "session": f"session:{TENANT}:{SID}",
            "quota": f"quota:{TENANT}:{HOLDER.thumbprint}",
            "sessions": OWED_EVENTS_KEY,
        }[broken]
        await redis.set(key, "x") if broken == "sessions" else await redis.lpush(key, "x")

        with pytest.raises(AccessStoreDown):
            await world.admit("p1")

    async def test_a_store_that_gives_no_answer_is_down_whatever_is_asked(self) -> None:
        connection = SharedRedisConnection(SecretText("redis://127.0.0.1:1/0"), name="nowhere")
        claims = ProofClaims(claim_seconds=CLAIM_SECONDS, quota_per_key=QUOTA)
        store = RedisAccessStore(connection, claims)
        scope = OperatorScope(roles=frozenset(), property_ids=frozenset())
        ended = EndedSession(
            tenant_id=HOLDER.tenant_id,
            device_id=HOLDER.device_id,
            iam_session_id=HOLDER.iam_session_id,
        )
        generation = StoreGeneration(number=1, run_id="any", started_at_epoch_seconds=None)
        for asked in (
            store.admit(HOLDER, "p1", generation=1),
            store.put_scope(HOLDER.tenant_id, HOLDER.operator_id, scope),
            store.end_session(ended, b"closed"),
            store.mirror([revocation("sid", SID)]),
            store.identity(),
            store.mark(generation),
        ):
            with pytest.raises(AccessStoreDown):
                await asked
        await connection.close()

    async def test_a_revocation_that_is_not_mirrored_is_told(
        self, world: World, redis: Redis
    ) -> None:
        await redis.config_set("maxmemory", "1")
        try:
            with pytest.raises(AccessStoreDown):
                await world.tier.mirror([revocation("sid", SID)])
        finally:
            await redis.config_set("maxmemory", "256mb")

    async def test_a_full_store_refuses_and_forgets_nothing(
        self, world: World, redis: Redis
    ) -> None:
        await world.admit("p1")
        await redis.config_set("maxmemory", "1")
        try:
            before = await world.contents()
            with pytest.raises(AccessStoreDown):
                await world.admit("p2")
            with pytest.raises(AccessStoreDown):
                await world.admit("p3", replace(HOLDER, iam_session_id=IamSessionId("ses_new")))
            assert await world.contents() == before
        finally:
            await redis.config_set("maxmemory", "256mb")
        assert await world.refusal_changes_nothing("p1") == "replayed"
