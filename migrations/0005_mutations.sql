-- The mutation path's commits, one function call and one round trip each. Each function sets
-- app.tenant_id for its own transaction; nothing outlives it on a pooled connection.
-- Undo: drop the functions.

-- What a claim row means for a request with this fingerprint. 'free' means: may be claimed.
create function bff.judge_claim(p_claim bff.idempotency, p_fingerprint bytea)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_claim.expires_at <= clock_timestamp() then 'free'
        when p_claim.fingerprint <> p_fingerprint then 'key_reused'
        when p_claim.state = 'released' then 'free'
        when p_claim.state = 'stored' and p_claim.sealed_answer is null then 'answer_erased'
        when p_claim.state = 'stored' then 'stored'
        -- The holder is gone: its outcome is unknown until the reconciler has read it.
        when p_claim.state = 'in_flight' and p_claim.lease_until > clock_timestamp()
            then 'in_flight'
        else 'outcome_pending'
    end
$$;

create function bff.peek_mutation(
    p_tenant_id text, p_operator_id text, p_key text, p_fingerprint bytea
) returns table (outcome text, attempt integer, activity_id text, sealed_answer bytea)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    claim bff.idempotency;
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    select * into claim from bff.idempotency i
    where i.tenant_id = p_tenant_id and i.operator_id = p_operator_id
      and i.idempotency_key = p_key;
    if not found then
        return query select 'free', 0, null::text, null::bytea;
    else
        return query select bff.judge_claim(claim, p_fingerprint), claim.attempt,
            claim.activity_id, claim.sealed_answer;
    end if;
end
$$;

-- Commit 1. Of any number of callers with one key exactly one is answered 'claimed'.
create function bff.claim_mutation(
    p_tenant_id text, p_operator_id text, p_key text, p_fingerprint bytea,
    p_owner_token uuid, p_lease_seconds integer, p_activity_id text, p_action text,
    p_upstream_key text, p_property_id text, p_resource_id text, p_origin jsonb,
    p_sealed_command bytea
) returns table (outcome text, attempt integer, activity_id text, sealed_answer bytea)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    claim bff.idempotency;
    verdict text;
    moment timestamptz := clock_timestamp();
    lease timestamptz := moment + make_interval(secs => p_lease_seconds);
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    insert into bff.idempotency (
        tenant_id, operator_id, idempotency_key, fingerprint, state, owner_token, lease_until,
        settle_after, activity_id, action, upstream_key, property_id, resource_id, origin,
        sealed_command, claimed_at)
    values (
        p_tenant_id, p_operator_id, p_key, p_fingerprint, 'in_flight', p_owner_token, lease,
        lease, p_activity_id, p_action, p_upstream_key, p_property_id, p_resource_id, p_origin,
        p_sealed_command, moment)
    on conflict do nothing;
    if found then
        return query select 'claimed', 1, p_activity_id, null::bytea;
        return;
    end if;
    select * into claim from bff.idempotency i
    where i.tenant_id = p_tenant_id and i.operator_id = p_operator_id
      and i.idempotency_key = p_key
    for update;
    if not found then
        -- An expired row was removed between the two statements; the caller asks again.
        return query select 'in_flight', 0, null::text, null::bytea;
        return;
    end if;
    verdict := bff.judge_claim(claim, p_fingerprint);
    if verdict <> 'free' then
        return query select verdict, claim.attempt, claim.activity_id, claim.sealed_answer;
        return;
    end if;
    update bff.idempotency i set
        fingerprint = p_fingerprint, state = 'in_flight', owner_token = p_owner_token,
        attempt = claim.attempt + 1, lease_until = lease, settle_after = lease,
        settle_attempts = 0, activity_id = p_activity_id, action = p_action,
        upstream_key = p_upstream_key, property_id = p_property_id,
        resource_id = p_resource_id, origin = p_origin, sealed_command = p_sealed_command,
        sealed_answer = null, claimed_at = moment, settled_at = null, expires_at = null
    where i.tenant_id = p_tenant_id and i.operator_id = p_operator_id
      and i.idempotency_key = p_key;
    return query select 'claimed', claim.attempt + 1, p_activity_id, null::bytea;
end
$$;

-- One ledger row for the outcome of a claim.
create function bff.record_activity(
    p_claim bff.idempotency, p_state text, p_refusal_code text, p_result jsonb,
    p_settled_by text
) returns void
language sql
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into bff.operator_activity (
        tenant_id, activity_id, occurred_at, received_at, action, state, operator_id,
        property_id, resource_id, origin, refusal_code, result, settled_by, attempt)
    values (
        p_claim.tenant_id, p_claim.activity_id, clock_timestamp(), p_claim.claimed_at,
        p_claim.action, p_state, p_claim.operator_id, p_claim.property_id,
        p_claim.resource_id, p_claim.origin, p_refusal_code, p_result, p_settled_by,
        p_claim.attempt)
$$;

-- Commit 2: outcome, stored answer, activity and outbox row together, or nothing.
-- False: the claim has another owner by now, and nothing was written.
create function bff.settle_mutation(
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
    return true;
end
$$;

-- Nothing reached the upstream: the key may be used again, and the ledger says what happened.
create function bff.release_mutation(
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
    return true;
end
$$;

-- The holder does not know the outcome, or the reconciler not yet: free for the next look.
create function bff.defer_mutation(
    p_tenant_id text, p_operator_id text, p_key text, p_owner_token uuid, p_attempt integer,
    p_settle_after_seconds double precision
) returns boolean
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    update bff.idempotency i set
        state = 'outcome_unknown', lease_until = clock_timestamp(),
        settle_after = clock_timestamp() + make_interval(secs => p_settle_after_seconds)
    where i.tenant_id = p_tenant_id and i.operator_id = p_operator_id
      and i.idempotency_key = p_key and i.owner_token = p_owner_token
      and i.attempt = p_attempt and i.state in ('in_flight', 'outcome_unknown');
    return found;
end
$$;

-- The reconciler takes a claim whose lease is over. From here the old owner can no longer write.
create function bff.take_over_mutation(
    p_tenant_id text, p_operator_id text, p_key text, p_owner_token uuid,
    p_lease_seconds integer
) returns setof bff.idempotency
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    return query
    update bff.idempotency i set
        state = 'outcome_unknown', owner_token = p_owner_token, attempt = i.attempt + 1,
        settle_attempts = i.settle_attempts + 1,
        lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
    where i.tenant_id = p_tenant_id and i.operator_id = p_operator_id
      and i.idempotency_key = p_key and i.state in ('in_flight', 'outcome_unknown')
      and i.lease_until <= clock_timestamp() and i.settle_after <= clock_timestamp()
    returning i.*;
end
$$;

-- An activity's newest outcome, or what its unsettled claim says. No row: not this tenant's.
create function bff.read_activity(p_tenant_id text, p_activity_id text)
returns table (state text, action text, refusal_code text, result jsonb)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    return query
    select a.state, a.action, a.refusal_code, a.result
    from bff.operator_activity a
    where a.tenant_id = p_tenant_id and a.activity_id = p_activity_id
    order by a.occurred_at desc limit 1;
    if found then
        return;
    end if;
    return query
    select case when i.state = 'in_flight' and i.lease_until > clock_timestamp()
                then 'in_flight' else 'outcome_pending' end,
           i.action, null::text, null::jsonb
    from bff.idempotency i
    where i.tenant_id = p_tenant_id and i.activity_id = p_activity_id
      and i.state in ('in_flight', 'outcome_unknown');
end
$$;

revoke execute on function bff.judge_claim, bff.peek_mutation, bff.claim_mutation,
    bff.record_activity, bff.settle_mutation, bff.release_mutation, bff.defer_mutation,
    bff.take_over_mutation, bff.read_activity from public;
grant execute on function bff.judge_claim, bff.record_activity, bff.settle_mutation,
    bff.release_mutation, bff.defer_mutation, bff.read_activity to bff_api, bff_worker;
grant execute on function bff.peek_mutation, bff.claim_mutation to bff_api;
grant execute on function bff.take_over_mutation to bff_worker;
