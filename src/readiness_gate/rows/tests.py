"""Section 3: test coverage."""

from datetime import timedelta

from readiness_gate.checks.unit_coverage import unit_coverage_is_enough
from readiness_gate.row import Role, Row, Section, auto

TESTS = Section(
    number=3,
    title="Test coverage",
    rows=(
        Row(
            id="R3.1",
            wording="Unit ≥ 90% statements / 85% branches.",
            reading="The unit tests run at least 90 % of statements and 85 % of branches.",
            proofs=(auto(unit_coverage_is_enough),),
            owner=Role.SERVICE_LEAD,
            hint="Test what is not run, then take a new record: ready record R3.1.",
        ),
        Row(
            id="R3.2",
            wording=(
                "Critical-file coverage 100% (DPoP verifier, MFA store, lock-action proxy, "
                "mutation proxy, decide AI suggestion, single-flight, idempotency)."
            ),
            reading=(
                "Every line and branch of the critical files is run by tests; sync handshake, "
                "dashboard composer and session refresh count among them."
            ),
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Name the critical files in one list and record their coverage.",
        ),
        Row(
            id="R3.3",
            wording="Integration tests pass against ephemeral stack.",
            reading=(
                "The integration tests pass on a PostgreSQL, a Redis and a broker that the run "
                "starts itself; ready only where the Pub/Sub emulator's suite ran too."
            ),
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Run the integration suite with the Pub/Sub emulator and record it.",
        ),
        Row(
            id="R3.4",
            wording="Mandatory tenant-isolation.spec.ts passes.",
            reading=(
                "test_tenant_isolation.py passes: each route, table, cache key and event, "
                "tenant A against tenant B."
            ),
            proofs=(auto(),),
            owner=Role.SECURITY,
            hint="Write test_tenant_isolation.py and record its run.",
        ),
        Row(
            id="R3.5",
            wording="Mandatory outbox.spec.ts and inbox.spec.ts pass.",
            reading=(
                "test_outbox.py and test_inbox.py pass: at least once out, exactly one effect "
                "in, through crashes."
            ),
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Write test_outbox.py and test_inbox.py and record their run.",
        ),
        Row(
            id="R3.6",
            wording=(
                "Pact consumer pacts published; verification reports green for all upstreams."
            ),
            reading=(
                "A consumer contract with each upstream is published with version, branch and "
                "environment, and each upstream verified it; our own simulator's word alone is "
                "self-verified."
            ),
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Write and publish a pact for each upstream; ask each to verify it.",
        ),
        Row(
            id="R3.7",
            wording=(
                "Pact provider pact verified against @ghasi/app-desktop-backoffice's consumer pact."
            ),
            reading=(
                "The service satisfies the desktop's consumer contract; until the desktop hands "
                "it over, the reference client's, and the verdict says which."
            ),
            proofs=(auto(),),
            owner=Role.DESKTOP_LEAD,
            hint="Ask the desktop for its pact; verify the reference client's until then.",
        ),
        Row(
            id="R3.8",
            wording="Stryker mutation score ≥ 80% on critical files.",
            reading="The tests kill at least 80 % of the mutants of the critical files.",
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Run the mutation tester over the critical files and record it.",
        ),
        Row(
            id="R3.9",
            wording=(
                "Playwright E2E nightly green for: refresh, dashboard, workbench, mutations, "
                "lock issue, lock revoke (with MFA), AI decide, alert ack, sync handshake, SSE "
                "channel, force-logout, SSE→polling fallback."
            ),
            reading=(
                "All twelve browser journeys were green in a real Chromium within the last 24 "
                "hours."
            ),
            proofs=(auto(),),
            owner=Role.DESKTOP_LEAD,
            hint="Run the browser journeys each night and record them.",
            freshness=timedelta(hours=24),
        ),
    ),
)
