-- Two repairs: an activity tells which property it was done in, so that only those who work there
-- can read it; and revocations that count for nothing any more can be removed.
-- Undo: create bff.read_activity as in 0005; drop the policies and the grant.

drop function bff.read_activity(text, text);

create function bff.read_activity(p_tenant_id text, p_activity_id text)
returns table (state text, action text, property_id text, refusal_code text, result jsonb)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    return query
    select a.state, a.action, a.property_id, a.refusal_code, a.result
    from bff.operator_activity a
    where a.tenant_id = p_tenant_id and a.activity_id = p_activity_id
    order by a.occurred_at desc limit 1;
    if found then
        return;
    end if;
    return query
    select case when i.state = 'in_flight' and i.lease_until > clock_timestamp()
                then 'in_flight' else 'outcome_pending' end,
           i.action, i.property_id, null::text, null::jsonb
    from bff.idempotency i
    where i.tenant_id = p_tenant_id and i.activity_id = p_activity_id
      and i.state in ('in_flight', 'outcome_unknown');
end
$$;
revoke execute on function bff.read_activity from public;
grant execute on function bff.read_activity to bff_api, bff_worker;

-- The worker removes across tenants, and only what no token can be younger than any more.
create policy worker_removes_expired on bff.revocations for delete to bff_worker using (true);
create policy only_expired_is_removed on bff.revocations as restrictive for delete to bff_worker
    using (expires_at < clock_timestamp() and not suspended);
grant delete on bff.revocations to bff_worker;
