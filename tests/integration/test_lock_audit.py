"""The lock ledger on a real PostgreSQL: before the call, chained, and nobody's to change."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.lock_desk import LockPath, issue_key_request, lock_path
from tests.fakes.lock_keys import GUEST_NAME, LOCK, FakeLocks
from tests.fakes.manual_clock import ManualClock
from tests.fakes.mutation_path import OTHER_TENANT, PROPERTY, TENANT, principal

from bff_backoffice.application.lock_audit.verify_chains import ChainVerdict, VerifyLockAudit
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.cli.main import main
from bff_backoffice.domain.lock import Credential, IssueKey
from bff_backoffice.domain.lock_audit import BrokenLink, Flaw
from bff_backoffice.domain.mutation import MutationUpstreamUnavailable
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import IdempotencyKey, TenantId, new_ulid
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.lock_audits import PostgresLockAudits
from bff_backoffice.infrastructure.postgres.mutation_claims import PostgresMutationClaims

pytestmark = pytest.mark.integration
CLOCK = SystemClock()


@dataclass(slots=True)
class WatchedVendor(FakeLocks):
    """Looks at the database in the moment it is asked; holds its answer while the gate is shut."""

    look: Callable[[], Awaitable[object]] | None = None
    seen: list[object] = field(default_factory=list[object])
    has_acted: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def issue(self, command: IssueKey, call: MutationCall) -> Credential:
        if self.look is not None:
            self.seen.append(await self.look())
        issued = await FakeLocks.issue(self, command, call)
        self.has_acted.set()
        await self.gate.wait()
        return issued


@dataclass(slots=True)
class World:
    """One API process and one worker, and the database behind them."""

    vendor: WatchedVendor
    api: LockPath
    worker: LockPath
    audits: PostgresLockAudits
    chains: PostgresLockAudits
    superuser: asyncpg.Connection

    async def issue(self, tenant: TenantId = TENANT) -> int:
        request = issue_key_request(
            key=IdempotencyKey(new_ulid(CLOCK)), caller=principal(tenant_id=tenant)
        )
        return (await self.api.issue_key.run(request)).answer.status

    async def words(self) -> list[str]:
        rows = await self.superuser.fetch(
            "select phase, outcome from bff.lock_action_proxy_audit order by tenant_id, seq"
        )
        return [row["outcome"] or row["phase"] for row in rows]

    async def tamper(self, statement: str) -> None:
        """Change the ledger as only the server's owner can: with its triggers off."""
        async with self.superuser.transaction():
            await self.superuser.execute("set local session_replication_role = replica")
            await self.superuser.execute(statement)

    async def verdicts(self) -> dict[str, ChainVerdict]:
        found = VerifyLockAudit(self.chains).run(None)
        return {verdict.tenant_id: verdict async for verdict in found}

    async def settle(self) -> None:
        await self.superuser.execute(
            "update bff.idempotency set lease_until = now(), settle_after = now()"
            " where state in ('in_flight', 'outcome_unknown')"
        )
        await self.worker.reconciler.run_once()


@pytest.fixture
async def world(database: DatabaseUrls) -> AsyncIterator[World]:
    pools = [
        Database(SecretText(url), PoolPolicy(application_name="test"))
        for url in (database.api, database.worker, database.retention)
    ]
    superuser = await asyncpg.connect(database.superuser)
    vendor = WatchedVendor()
    vendor.gate.set()
    api, worker = (
        lock_path(claims=PostgresMutationClaims(pool), locks=vendor, clock=CLOCK)
        for pool in pools[:2]
    )
    yield World(
        vendor=vendor,
        api=api,
        worker=worker,
        audits=PostgresLockAudits(pools[0]),
        chains=PostgresLockAudits(pools[2]),
        superuser=superuser,
    )
    await superuser.close()
    for pool in pools:
        await pool.close()


async def test_the_intent_is_committed_before_the_vendor_is_asked(world: World) -> None:
    async def look() -> list[tuple[str, str, str]]:
        rows = await world.superuser.fetch(
            "select phase, lock_id, vendor from bff.lock_action_proxy_audit"
        )
        return [tuple(row) for row in rows]

    world.vendor.look = look

    await world.issue()

    assert world.vendor.seen == [[("intent", LOCK, "ttlock")]]
    assert await world.words() == ["intent", "succeeded"]


async def test_both_rows_say_who_what_and_for_whom_and_name_nobody(world: World) -> None:
    await world.issue()

    rows = [
        dict(row)
        for row in await world.superuser.fetch(
            "select * from bff.lock_action_proxy_audit order by seq"
        )
    ]
    assert [row["seq"] for row in rows] == [1, 2]
    assert rows[0]["audit_id"] == rows[1]["audit_id"]
    assert rows[1]["credential_id"] == f"key_{1:026d}"
    assert rows[1]["prev_hash"] == rows[0]["hash"]
    everything = await world.superuser.fetch(
        "select row_to_json(i)::text from bff.idempotency i"
        " union all select row_to_json(l)::text from bff.lock_action_proxy_audit l"
        " union all select row_to_json(o)::text from bff.outbox o"
        " union all select row_to_json(a)::text from bff.operator_activity a"
    )
    assert len(everything) == 5
    assert not any(GUEST_NAME.split()[0] in str(row) for row in everything)


async def test_a_process_killed_between_call_and_commit_leaves_an_intent_that_is_settled(
    world: World,
) -> None:
    world.vendor.gate.clear()
    client = asyncio.create_task(world.issue())
    await world.vendor.has_acted.wait()
    await world.api.running.drain(Deadline.after(0, ManualClock()))
    await asyncio.gather(client, return_exceptions=True)
    after_the_kill = await world.words()
    still_open = (await world.verdicts())[TENANT]

    world.vendor.gate.set()
    await world.settle()

    assert after_the_kill == ["intent"]
    assert (still_open.open_actions, still_open.broken) == (1, None)
    assert await world.words() == ["intent", "succeeded"]
    assert len(world.vendor.calls) == 1
    assert (await world.verdicts())[TENANT].open_actions == 0


async def test_what_was_not_sent_stands_in_the_ledger_as_that(world: World) -> None:
    world.vendor.failures = [("before_acting", "unreachable")]

    with pytest.raises(MutationUpstreamUnavailable):
        await world.issue()

    assert await world.words() == ["intent", "not_sent"]


async def test_64_actions_at_once_make_one_chain_without_a_gap(world: World) -> None:
    told = await asyncio.gather(*(world.issue() for _ in range(64)))
    await world.settle()

    verdict = (await world.verdicts())[TENANT]
    settled = await world.words()
    assert set(told) <= {201, 202}
    assert (verdict.broken, verdict.open_actions) == (None, 0)
    assert verdict.rows == len(settled) == 128
    assert settled.count("succeeded") == len(world.vendor.issued) == 64


async def test_each_tenant_has_a_chain_of_its_own(world: World) -> None:
    for tenant in (TENANT, OTHER_TENANT, TENANT):
        await world.issue(tenant)
    await world.tamper(
        "update bff.lock_action_proxy_audit set kind = 'nfc_tag' where tenant_id like '%4K'"
    )

    verdicts = await world.verdicts()

    assert (verdicts[OTHER_TENANT].rows, verdicts[OTHER_TENANT].broken) == (2, None)
    assert verdicts[TENANT].broken == BrokenLink(seq=1, flaw="altered")


@pytest.mark.parametrize(
    ("statement", "seq", "flaw"),
    [
        ("update bff.lock_action_proxy_audit set lock_id = 'lck_2' where seq = 3", 3, "altered"),
        (
            "update bff.lock_action_proxy_audit set recorded_at = now() where seq = 2",
            2,
            "altered",
        ),
        ("delete from bff.lock_action_proxy_audit where seq = 2", 2, "missing"),
        ("delete from bff.lock_action_proxy_audit where seq = 4", 4, "cut_off"),
        ("delete from bff.lock_action_proxy_audit", 1, "cut_off"),
        (
            "update bff.lock_action_proxy_audit set seq = 5 - seq where seq in (2, 3)",
            2,
            "out_of_place",
        ),
        ("update bff.lock_audit_heads set seq = 2", 3, "cut_off"),
        ("delete from bff.lock_audit_heads", 1, "cut_off"),
    ],
)
async def test_what_was_done_to_the_chain_is_found_and_named(
    world: World, statement: str, seq: int, flaw: Flaw
) -> None:
    await world.issue()
    await world.issue()
    assert (await world.verdicts())[TENANT].broken is None

    await world.tamper(statement)

    assert (await world.verdicts())[TENANT].broken == BrokenLink(seq=seq, flaw=flaw)


@pytest.mark.parametrize("role", ["api", "worker", "retention", "superuser"])
@pytest.mark.parametrize(
    "statement",
    [
        "update bff.lock_action_proxy_audit set lock_id = 'x'",
        "delete from bff.lock_action_proxy_audit",
        "truncate bff.lock_action_proxy_audit",
    ],
    ids=["update", "delete", "truncate"],
)
async def test_nobody_changes_a_row(
    world: World, database: DatabaseUrls, role: str, statement: str
) -> None:
    await world.issue()
    connection = await asyncpg.connect(getattr(database, role))
    await connection.execute("select set_config('app.tenant_id', $1, false)", TENANT)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    await connection.close()

    assert await world.words() == ["intent", "succeeded"]


async def test_no_role_goes_around_the_parent_of_the_partitions(
    world: World, database: DatabaseUrls
) -> None:
    partitions = await world.superuser.fetch(
        "select inhrelid::regclass::text as name from pg_inherits"
        " where inhparent = 'bff.lock_action_proxy_audit'::regclass"
    )
    assert len(partitions) >= 4
    for role in ("api", "worker", "retention"):
        connection = await asyncpg.connect(getattr(database, role))
        for row in partitions:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"select * from {row['name']}")  # noqa: S608 - from the catalogue
        await connection.close()


async def test_a_locks_rows_are_read_newest_first_by_its_own_tenant_and_property(
    world: World,
) -> None:
    await world.issue()
    await world.issue()

    page = await world.audits.of_lock(TENANT, PROPERTY, LOCK, before_seq=None, limit=3)
    rest = await world.audits.of_lock(TENANT, PROPERTY, LOCK, before_seq=page[-1].seq, limit=3)
    theirs = await world.audits.of_lock(OTHER_TENANT, PROPERTY, LOCK, before_seq=None, limit=3)

    assert [row.seq for row in (*page, *rest)] == [4, 3, 2, 1]
    assert theirs == []


async def test_the_command_says_whole_then_broken(
    world: World,
    database: DatabaseUrls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BFF_POSTGRES_RETENTION_URL", database.retention)
    await world.issue()

    whole = await asyncio.to_thread(main, ["audit", "verify"])
    await world.tamper("delete from bff.lock_action_proxy_audit where seq = 1")
    broken = await asyncio.to_thread(main, ["audit", "verify", "--tenant", TENANT])

    printed = capsys.readouterr().out.splitlines()
    assert (whole, broken) == (0, 1)
    assert printed == [f"{TENANT}  whole   2 rows", f"{TENANT}  BROKEN  row 1 is missing"]
