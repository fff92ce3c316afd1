"""Section 5: observability."""

from readiness_gate.checks.telemetry import (
    log_fields_are_the_declared_ones,
    nothing_personal_is_emitted,
    trace_tags_are_where_they_are_due,
)
from readiness_gate.row import Role, Row, Section, attested, auto

OBSERVABILITY = Section(
    number=5,
    title="Observability",
    rows=(
        Row(
            id="R5.1",
            wording="All SLIs emitting; SLOs declared.",
            reading="Every service-level indicator is emitted; objectives are declared as code.",
            proofs=(auto(),),
            owner=Role.SRE,
            hint="Declare the objectives and compare their metrics with a live scrape.",
        ),
        Row(
            id="R5.2",
            wording=(
                "Dashboards: Operator effectiveness, Service SLO, Device health, Lock actions, "
                "AI decisions."
            ),
            reading="The five boards exist, and every query on them names a metric that exists.",
            proofs=(auto(),),
            owner=Role.SRE,
            hint="Commit the five boards and run their queries.",
        ),
        Row(
            id="R5.3",
            wording="All P1 alerts have ack'd runbooks.",
            reading=(
                "Every P1 alert rule has a rule test and a runbook that the on-call acknowledged."
            ),
            proofs=(auto(), attested()),
            owner=Role.SRE,
            hint="Write a rule test and a runbook for each P1 rule; have on-call sign them.",
        ),
        Row(
            id="R5.4",
            wording=(
                "Trace-tag coverage verified (tenant.id, operator.id, device.id, route, "
                "lock.action, mfa.scope, dpop.outcome)."
            ),
            reading="Every span that should carry one of the seven tags carries it.",
            proofs=(auto(trace_tags_are_where_they_are_due),),
            owner=Role.SRE,
            hint="Collect spans from the end-to-end run and look for each tag.",
        ),
        Row(
            id="R5.5",
            wording="Log fields verified.",
            reading="Every field of every log line is on the declared list.",
            proofs=(auto(log_fields_are_the_declared_ones),),
            owner=Role.SRE,
            hint="Compare the lines of the end-to-end run with the declared list.",
        ),
        Row(
            id="R5.6",
            wording="PII filter verified (no operator/guest names in logs or telemetry).",
            reading=(
                "No name, phone, e-mail or document number of an operator or guest is in any "
                "log, trace, metric or event: planted canaries are searched for in all of them."
            ),
            proofs=(auto(nothing_personal_is_emitted),),
            owner=Role.DATA_STEWARD,
            hint="Plant canary names in the sandbox and search everything it emitted.",
        ),
    ),
)
