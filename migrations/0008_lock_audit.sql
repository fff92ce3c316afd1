-- The ledger of door-lock actions: an intent before the vendor is asked, an outcome after it, chained
-- by hashes per tenant (decision 0009). Seven years; partitioned by year, so that retention drops
-- a partition and never a row.
-- Undo: drop the functions and both tables, and create bff.settle_mutation and bff.release_mutation
-- again as in 0005; only before the first row, for the rows are evidence.

create table bff.lock_action_proxy_audit (
    tenant_id       text        not null check (tenant_id <> ''),
    -- 1, 2, 3 … without a gap, for each tenant.
    seq             bigint      not null check (seq > 0),
    recorded_at     timestamptz not null,
    -- One id for both rows of an action.
    audit_id        text        not null,
    phase           text        not null check (phase in ('intent', 'outcome')),
    activity_id     text        not null,
    action          text        not null,
    lock_id         text        not null,
    reservation_id  text        not null,
    property_id     text        not null,
    operator_id     text        not null,
    device_id       text        not null,
    session_id      text        not null,
    request_id      text        not null,
    vendor          text        not null
        check (vendor in ('ttlock', 'salto', 'assa-abloy', 'generic-wiegand')),
    kind            text        not null
        check (kind in ('mobile_app', 'pin_code', 'rfid_card', 'qr_code', 'nfc_tag')),
    valid_from      timestamptz not null,
    valid_until     timestamptz not null,
    areas           text[]      not null,
    attempt         integer     not null,
    outcome         text
        check (outcome in ('succeeded', 'refused', 'not_performed', 'not_sent', 'parked')),
    refusal_code    text,
    credential_id   text,
    settled_by      text        check (settled_by in ('request', 'reconciler')),
    prev_hash       bytea       not null check (length(prev_hash) = 32),
    hash            bytea       not null check (length(hash) = 32),
    primary key (tenant_id, seq, recorded_at),
    check ((phase = 'outcome') = (outcome is not null)),
    check ((phase = 'outcome') = (settled_by is not null))
) partition by range (recorded_at);

create index lock_audit_activity on bff.lock_action_proxy_audit (tenant_id, activity_id);
create index lock_audit_lock on bff.lock_action_proxy_audit (tenant_id, lock_id, seq desc);

alter table bff.lock_action_proxy_audit enable row level security;
alter table bff.lock_action_proxy_audit force row level security;
create policy tenant_isolation on bff.lock_action_proxy_audit to bff_api, bff_worker
    using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
-- Whoever verifies the chains reads them all and writes nothing.
create policy auditor_reads_all on bff.lock_action_proxy_audit for select to bff_retention
    using (true);
grant select, insert on bff.lock_action_proxy_audit to bff_api, bff_worker;
grant select on bff.lock_action_proxy_audit to bff_retention;

create table bff.lock_action_proxy_audit_default
    partition of bff.lock_action_proxy_audit default;
alter table bff.lock_action_proxy_audit_default enable row level security;
alter table bff.lock_action_proxy_audit_default force row level security;

-- Grants keep the service out; this keeps everybody out who has not first taken it away.
create function bff.refuse_change()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete on bff.lock_action_proxy_audit
    for each row execute function bff.refuse_change();
create trigger not_emptied before truncate on bff.lock_action_proxy_audit
    for each statement execute function bff.refuse_change();

-- Where each tenant's chain ends. Its row lock is what makes appenders take turns.
create table bff.lock_audit_heads (
    tenant_id  text   primary key check (tenant_id <> ''),
    seq        bigint not null,
    hash       bytea  not null check (length(hash) = 32)
);
alter table bff.lock_audit_heads enable row level security;
alter table bff.lock_audit_heads force row level security;
create policy tenant_isolation on bff.lock_audit_heads to bff_api, bff_worker
    using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
create policy auditor_reads_all on bff.lock_audit_heads for select to bff_retention using (true);
grant select, insert, update on bff.lock_audit_heads to bff_api, bff_worker;
grant select on bff.lock_audit_heads to bff_retention;

-- Fields with their lengths in bytes, so that no two lists of fields read the same.
create function bff.audit_text(variadic p_fields text[])
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(string_agg(
        case when field is null then '-'
             else octet_length(convert_to(field, 'UTF8')) || ':' || field end,
        ',' order by place), '')
    from unnest(p_fields) with ordinality as fields (field, place)
$$;

create function bff.audit_time(p_moment timestamptz)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select to_char(p_moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The hash input, field by field: decision 0009. A change of it is a new first field.
create function bff.lock_audit_hash(p_entry bff.lock_action_proxy_audit)
returns bytea
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select sha256(convert_to(bff.audit_text(
        'lock-audit.v1', p_entry.tenant_id, p_entry.seq::text, encode(p_entry.prev_hash, 'hex'),
        bff.audit_time(p_entry.recorded_at), p_entry.audit_id, p_entry.phase,
        p_entry.activity_id, p_entry.action, p_entry.lock_id, p_entry.reservation_id,
        p_entry.property_id, p_entry.operator_id, p_entry.device_id, p_entry.session_id,
        p_entry.request_id, p_entry.vendor, p_entry.kind, bff.audit_time(p_entry.valid_from),
        bff.audit_time(p_entry.valid_until), bff.audit_text(variadic p_entry.areas),
        p_entry.attempt::text, p_entry.outcome, p_entry.refusal_code, p_entry.credential_id,
        p_entry.settled_by), 'UTF8'))
$$;

-- Appends one row to its tenant's chain. The head is locked here and to the commit, so this
-- comes last in its transaction.
create function bff.append_lock_audit(p_entry bff.lock_action_proxy_audit)
returns void
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    head bff.lock_audit_heads;
begin
    select * into head from bff.lock_audit_heads h
    where h.tenant_id = p_entry.tenant_id for update;
    if not found then
        insert into bff.lock_audit_heads (tenant_id, seq, hash)
        values (p_entry.tenant_id, 0, decode(repeat('00', 32), 'hex'))
        on conflict do nothing;
        select * into strict head from bff.lock_audit_heads h
        where h.tenant_id = p_entry.tenant_id for update;
    end if;
    p_entry.seq := head.seq + 1;
    p_entry.prev_hash := head.hash;
    p_entry.recorded_at := clock_timestamp();
    p_entry.hash := bff.lock_audit_hash(p_entry);
    insert into bff.lock_action_proxy_audit values (p_entry.*);
    update bff.lock_audit_heads h set seq = p_entry.seq, hash = p_entry.hash
    where h.tenant_id = p_entry.tenant_id;
end
$$;

-- Commit 1 of a lock action: the claim and, where it was claimed, the intent.
create function bff.claim_lock_action(
    p_tenant_id text, p_operator_id text, p_key text, p_fingerprint bytea,
    p_owner_token uuid, p_lease_seconds integer, p_activity_id text, p_action text,
    p_upstream_key text, p_property_id text, p_resource_id text, p_origin jsonb,
    p_sealed_command bytea,
    p_audit_id text, p_reservation_id text, p_vendor text, p_kind text,
    p_valid_from timestamptz, p_valid_until timestamptz, p_areas text[]
) returns table (outcome text, attempt integer, activity_id text, sealed_answer bytea)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    claimed record;
    entry bff.lock_action_proxy_audit;
begin
    select * into strict claimed from bff.claim_mutation(
        p_tenant_id, p_operator_id, p_key, p_fingerprint, p_owner_token, p_lease_seconds,
        p_activity_id, p_action, p_upstream_key, p_property_id, p_resource_id, p_origin,
        p_sealed_command);
    if claimed.outcome = 'claimed' then
        entry.tenant_id := p_tenant_id;
        entry.audit_id := p_audit_id;
        entry.phase := 'intent';
        entry.activity_id := p_activity_id;
        entry.action := p_action;
        entry.lock_id := p_resource_id;
        entry.reservation_id := p_reservation_id;
        entry.property_id := p_property_id;
        entry.operator_id := p_operator_id;
        entry.device_id := p_origin ->> 'device_id';
        entry.session_id := p_origin ->> 'session_id';
        entry.request_id := p_origin ->> 'request_id';
        entry.vendor := p_vendor;
        entry.kind := p_kind;
        entry.valid_from := p_valid_from;
        entry.valid_until := p_valid_until;
        entry.areas := p_areas;
        entry.attempt := claimed.attempt;
        perform bff.append_lock_audit(entry);
    end if;
    return query select claimed.outcome, claimed.attempt, claimed.activity_id,
        claimed.sealed_answer;
end
$$;

-- The outcome beside its intent, in the transaction of whoever settles or releases the claim:
-- a release that knows nothing of this ledger writes it too. Other actions have no intent.
create function bff.record_lock_outcome(
    p_claim bff.idempotency, p_outcome text, p_refusal_code text, p_credential_id text,
    p_settled_by text
) returns void
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    entry bff.lock_action_proxy_audit;
begin
    if p_claim.action not like 'lock.%' then
        return;
    end if;
    select * into strict entry from bff.lock_action_proxy_audit a
    where a.tenant_id = p_claim.tenant_id and a.activity_id = p_claim.activity_id
      and a.phase = 'intent';
    entry.phase := 'outcome';
    entry.attempt := p_claim.attempt;
    entry.outcome := p_outcome;
    entry.refusal_code := p_refusal_code;
    entry.credential_id := p_credential_id;
    entry.settled_by := p_settled_by;
    perform bff.append_lock_audit(entry);
end
$$;

-- As in 0005, and the ledger's row at the end.
create or replace function bff.settle_mutation(
    p_tenant_id text, p_operator_id text, p_key text, p_owner_token uuid, p_attempt integer,
    p_state text, p_sealed_answer bytea, p_answer_lifetime_seconds integer,
    p_refusal_code text, p_result jsonb, p_settled_by text,
    p_event_id text, p_topic text, p_ordering_key text, p_event jsonb
) returns boolean
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    claim bff.idempotency;
    is_parked boolean := p_state = 'parked';
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    update bff.idempotency i set
        state = case when is_parked then 'parked' else 'stored' end,
        sealed_answer = p_sealed_answer,
        sealed_command = case when is_parked then i.sealed_command end,
        settled_at = clock_timestamp(),
        expires_at = case when not is_parked
            then clock_timestamp() + make_interval(secs => p_answer_lifetime_seconds) end
    where i.tenant_id = p_tenant_id and i.operator_id = p_operator_id
      and i.idempotency_key = p_key and i.owner_token = p_owner_token
      and i.attempt = p_attempt and i.state in ('in_flight', 'outcome_unknown', 'parked')
    returning * into claim;
    if not found then
        return false;
    end if;
    perform bff.record_activity(claim, p_state, p_refusal_code, p_result, p_settled_by);
    perform bff.append_message(p_tenant_id, p_event_id, p_topic, p_ordering_key, p_event);
    perform bff.record_lock_outcome(claim, p_state, p_refusal_code,
        p_result #>> '{credential,id}', p_settled_by);
    return true;
end
$$;

create or replace function bff.release_mutation(
    p_tenant_id text, p_operator_id text, p_key text, p_owner_token uuid, p_attempt integer,
    p_released_lifetime_seconds integer, p_refusal_code text
) returns boolean
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    claim bff.idempotency;
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    update bff.idempotency i set
        state = 'released', sealed_command = null, settled_at = clock_timestamp(),
        expires_at = clock_timestamp() + make_interval(secs => p_released_lifetime_seconds)
    where i.tenant_id = p_tenant_id and i.operator_id = p_operator_id
      and i.idempotency_key = p_key and i.owner_token = p_owner_token
      and i.attempt = p_attempt and i.state = 'in_flight'
    returning * into claim;
    if not found then
        return false;
    end if;
    perform bff.record_activity(claim, 'not_performed', p_refusal_code, null, 'request');
    perform bff.record_lock_outcome(claim, 'not_sent', p_refusal_code, null, 'request');
    return true;
end
$$;

-- One lock's rows, newest first; p_before_seq null starts at the end.
create function bff.read_lock_audit(
    p_tenant_id text, p_property_id text, p_lock_id text, p_before_seq bigint, p_limit integer
) returns setof bff.lock_action_proxy_audit
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    return query
    select * from bff.lock_action_proxy_audit a
    where a.tenant_id = p_tenant_id and a.lock_id = p_lock_id
      and a.property_id = p_property_id
      and (p_before_seq is null or a.seq < p_before_seq)
    order by a.seq desc
    limit p_limit;
end
$$;

-- Makes the partitions of `p_years` years from `p_from`'s on; those that exist stay as they are.
create function bff.ensure_lock_audit_partitions(p_from date, p_years integer)
returns integer
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    year_start date;
    partition_name text;
    made integer := 0;
begin
    for offset_years in 0 .. p_years - 1 loop
        year_start := (date_trunc('year', p_from) + make_interval(years => offset_years))::date;
        partition_name := format('lock_action_proxy_audit_%s', to_char(year_start, 'YYYY'));
        if to_regclass('bff.' || partition_name) is not null then
            continue;
        end if;
        execute format(
            'create table bff.%I partition of bff.lock_action_proxy_audit'
            ' for values from (%L) to (%L)',
            partition_name,
            to_char(year_start, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(year_start + interval '1 year', 'YYYY-MM-DD') || ' 00:00:00+00'
        );
        execute format('alter table bff.%I enable row level security', partition_name);
        execute format('alter table bff.%I force row level security', partition_name);
        made := made + 1;
    end loop;
    return made;
end
$$;

revoke execute on function bff.refuse_change, bff.audit_text, bff.audit_time,
    bff.lock_audit_hash, bff.append_lock_audit, bff.claim_lock_action,
    bff.record_lock_outcome, bff.read_lock_audit from public;
revoke execute on function bff.ensure_lock_audit_partitions from public;
grant execute on function bff.audit_text, bff.audit_time, bff.lock_audit_hash,
    bff.append_lock_audit, bff.record_lock_outcome to bff_api, bff_worker;
grant execute on function bff.claim_lock_action, bff.read_lock_audit to bff_api;
