-- One row per idempotency key of an operator: who holds the claim, what it was for, how it ended.
-- A claim without a settled outcome has no expires_at: it never expires.
-- Undo: drop table bff.idempotency.

create table bff.idempotency (
    tenant_id        text        not null check (tenant_id <> ''),
    operator_id      text        not null,
    idempotency_key  text        not null check (length(idempotency_key) = 26),
    fingerprint      bytea       not null check (length(fingerprint) = 32),
    state            text        not null
        check (state in ('in_flight', 'stored', 'outcome_unknown', 'parked', 'released')),
    -- The fence: whoever holds another token or an older attempt can no longer write.
    owner_token      uuid        not null,
    attempt          integer     not null default 1,
    lease_until      timestamptz not null,
    -- When an unknown outcome may be looked at next, and how often it was.
    settle_after     timestamptz not null,
    settle_attempts  integer     not null default 0,
    activity_id      text        not null,
    action           text        not null,
    upstream_key     text        not null,
    property_id      text        not null,
    resource_id      text        not null,
    -- Identifiers of the request that claimed: device, session, request, trace, client version.
    origin           jsonb       not null,
    -- Encrypted by the service: may name a guest. Gone once the outcome is settled.
    sealed_command   bytea,
    -- Encrypted by the service; null in a stored row once an erasure emptied it.
    sealed_answer    bytea,
    claimed_at       timestamptz not null,
    settled_at       timestamptz,
    expires_at       timestamptz,
    primary key (tenant_id, operator_id, idempotency_key),
    check ((expires_at is null) = (state in ('in_flight', 'outcome_unknown', 'parked')))
);

create index idempotency_unsettled on bff.idempotency (settle_after)
    where state in ('in_flight', 'outcome_unknown');
create index idempotency_activity on bff.idempotency (tenant_id, activity_id);
create index idempotency_expired on bff.idempotency (expires_at) where expires_at is not null;

alter table bff.idempotency enable row level security;
alter table bff.idempotency force row level security;

create policy tenant_isolation on bff.idempotency to bff_api, bff_worker
    using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
-- The worker finds work across tenants, then does it inside one tenant's transaction.
create policy worker_finds_work on bff.idempotency for select to bff_worker using (true);
create policy worker_removes_expired on bff.idempotency for delete to bff_worker using (true);
create policy only_expired_is_removed on bff.idempotency as restrictive for delete to bff_worker
    using (expires_at < now());

grant select, insert, update on bff.idempotency to bff_api, bff_worker;
grant delete on bff.idempotency to bff_worker;
