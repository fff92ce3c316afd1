"""Section 7: reliability."""

from datetime import timedelta

from readiness_gate.row import Role, Row, Section, auto, declared, drill

RELIABILITY = Section(
    number=7,
    title="Reliability",
    rows=(
        Row(
            id="R7.1",
            wording="Cloud Run min instances = 2 / region.",
            reading="At least two instances run in each region at all times.",
            proofs=(declared(),),
            owner=Role.SRE,
            hint="Declare the minimum under deploy/, apply it, file the apply record.",
        ),
        Row(
            id="R7.2",
            wording="Multi-region: primary asia-south1, DR-warm europe-west4.",
            reading="asia-south1 serves; europe-west4 stands by, warm.",
            proofs=(declared(),),
            owner=Role.SRE,
            hint="Declare both regions under deploy/, apply them, file the apply record.",
        ),
        Row(
            id="R7.3",
            wording="DR drill executed in stage in last 90 days; RTO ≤ 30 min.",
            reading=(
                "Disaster recovery was exercised in stage within 90 days and took at most 30 "
                "minutes."
            ),
            proofs=(drill(),),
            owner=Role.SRE,
            hint="Run the recovery drill in stage; a sandbox run counts as rehearsed.",
            freshness=timedelta(days=90),
        ),
        Row(
            id="R7.4",
            wording="Circuit breakers configured for every upstream.",
            reading="Every call to every upstream passes a circuit breaker that really opens.",
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Fail each upstream in turn and watch its breaker open.",
        ),
        Row(
            id="R7.5",
            wording="Per-route deadline + retry policy reviewed.",
            reading="Every route and every upstream has a deadline and a retry policy.",
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Compare the routes and upstreams with the policy table.",
        ),
        Row(
            id="R7.6",
            wording="Two Memorystore tiers (cache + session) configured with HA.",
            reading=(
                "Cache (allkeys-lru) and session (noeviction) are two Redis tiers, both highly "
                "available."
            ),
            proofs=(auto(), declared()),
            owner=Role.SRE,
            hint="Check both eviction policies live; declare both tiers under deploy/.",
        ),
        Row(
            id="R7.7",
            wording="Cloud SQL HA + cross-region replica.",
            reading="PostgreSQL is highly available and has a replica in the other region.",
            proofs=(declared(),),
            owner=Role.SRE,
            hint="Declare the database under deploy/, apply it, file the apply record.",
        ),
        Row(
            id="R7.8",
            wording="SSE pre-stop drain verified.",
            reading=(
                "On SIGTERM every stream is told where to go on before it ends, and no event is "
                "lost."
            ),
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Stop an instance under open streams and compare what each client received.",
        ),
    ),
)
