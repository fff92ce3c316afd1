"""Section 4: performance. Each record names its load profile, data volume and machine."""

from datetime import timedelta

from readiness_gate.row import Role, Row, Section, auto, drill

PERFORMANCE = Section(
    number=4,
    title="Performance",
    rows=(
        Row(
            id="R4.1",
            wording="k6 steady-state passes (p95 < 600 ms; error < 0.1%).",
            reading="Under steady load p95 stays below 600 ms and errors below 0.1 %.",
            proofs=(auto(),),
            owner=Role.SRE,
            hint="Write the steady-state load profile and record its run.",
        ),
        Row(
            id="R4.2",
            wording="k6 peak passes (p95 < 1 s; cache hit > 80%).",
            reading="Under peak load p95 stays below 1 s and cache hits above 80 %.",
            proofs=(auto(),),
            owner=Role.SRE,
            hint="Write the peak load profile and record its run.",
        ),
        Row(
            id="R4.3",
            wording=(
                "k6 mutation burst passes (mutation p95 < 1.5 s; idempotency correctness 100%)."
            ),
            reading=(
                "In a burst of mutations p95 stays below 1.5 s and each key acts exactly once."
            ),
            proofs=(auto(),),
            owner=Role.SRE,
            hint="Write the mutation burst and compare its keys with what the upstreams did.",
        ),
        Row(
            id="R4.4",
            wording="Long soak passes 8 h (no memory growth > 10%).",
            reading=(
                "One process lives through at least 8 hours of load and its memory grows by at "
                "most 10 %; a shorter run is kept, and does not count."
            ),
            proofs=(drill(),),
            owner=Role.SRE,
            hint="Run the soak for 8 hours in one process life and record it.",
            freshness=timedelta(days=90),
        ),
        Row(
            id="R4.5",
            wording="/dashboard p95 < 600 ms warm; first-byte < 200 ms.",
            reading=(
                "A warm /dashboard is whole within 600 ms at p95 and sends its first byte within "
                "200 ms."
            ),
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Measure /dashboard under its load profile and record it.",
        ),
        Row(
            id="R4.6",
            wording="Force-logout E2E < 5 s p95.",
            reading="From the order to the device's session being refused: below 5 s at p95.",
            proofs=(auto(),),
            owner=Role.SERVICE_LEAD,
            hint="Measure force-logout from end to end and record it.",
        ),
    ),
)
