-- What must outlive the session tier: revocations, the replay store's generation, iam's keys.
-- Undo: drop the three tables and bff.reload_revocations.

create table bff.revocations (
    tenant_id       text        not null check (tenant_id <> ''),
    kind            text        not null check (kind in ('tenant', 'operator', 'device', 'sid')),
    subject         text        not null,
    -- Refuses every token whose auth_time is not later.
    revoked_before  timestamptz not null,
    -- Refuses every token until lifted.
    suspended       boolean     not null default false,
    expires_at      timestamptz not null,
    primary key (tenant_id, kind, subject)
);
create index revocations_expired on bff.revocations (expires_at);

alter table bff.revocations enable row level security;
alter table bff.revocations force row level security;

create policy tenant_isolation on bff.revocations to bff_api, bff_worker
    using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
create policy worker_reads_all on bff.revocations for select to bff_worker using (true);
-- Open only inside bff.reload_revocations, which sets this for its own duration.
create policy reload_reads_all on bff.revocations for select to bff_api
    using (current_setting('app.revocation_reload', true) = 'on');

grant select, insert, update on bff.revocations to bff_api, bff_worker;

-- Pages through what still counts, of every tenant, for a session tier that has lost its copy.
-- Start with three empty strings, go on with the last row's own.
create function bff.reload_revocations(
    p_after_tenant text, p_after_kind text, p_after_subject text, p_limit integer
) returns setof bff.revocations
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('app.revocation_reload', 'on', true);
    return query
    select * from bff.revocations r
    where (r.tenant_id, r.kind, r.subject) > (p_after_tenant, p_after_kind, p_after_subject)
      and (r.suspended or r.expires_at > clock_timestamp())
    order by r.tenant_id, r.kind, r.subject
    limit p_limit;
    -- An error above ends the transaction, and the setting with it.
    perform set_config('app.revocation_reload', '', true);
end
$$;
revoke execute on function bff.reload_revocations from public;
grant execute on function bff.reload_revocations to bff_api, bff_worker;

-- Write one revocation. A watermark only ever moves forward; a suspension stays until lifted.
create function bff.record_revocation(
    p_tenant text, p_kind text, p_subject text, p_revoked_before timestamptz,
    p_suspended boolean, p_expires_at timestamptz
) returns void
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('app.tenant_id', p_tenant, true);
    insert into bff.revocations as r
        (tenant_id, kind, subject, revoked_before, suspended, expires_at)
    values (p_tenant, p_kind, p_subject, p_revoked_before, p_suspended, p_expires_at)
    on conflict (tenant_id, kind, subject) do update
    set revoked_before = greatest(r.revoked_before, excluded.revoked_before),
        suspended = r.suspended or excluded.suspended,
        expires_at = greatest(r.expires_at, excluded.expires_at);
end
$$;
revoke execute on function bff.record_revocation from public;
grant execute on function bff.record_revocation to bff_api, bff_worker;

-- Which life of a store counts claims, and since when. Of no tenant.
create table bff.replay_store_generation (
    store       text        primary key,
    run_id      text        not null,
    generation  bigint      not null check (generation > 0),
    -- Null for the very first: nothing can have been lost yet.
    started_at  timestamptz,
    -- The store itself has been marked with this generation: from then on a store without the
    -- mark is a store that has lost its memory.
    is_marked   boolean     not null default false
);
grant select, insert, update on bff.replay_store_generation to bff_api;

-- Return the generation that is current, opening the next one where the store is not the one
-- recorded: another server run, or a marker that is gone. p_known is what the caller knew, so
-- that one loss seen by many processes opens one generation.
create function bff.open_replay_generation(
    p_store text, p_run_id text, p_marker bigint, p_known bigint, p_now timestamptz
) returns table (generation bigint, run_id text, started_at timestamptz)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    current_row bff.replay_store_generation;
begin
    insert into bff.replay_store_generation as g (store, run_id, generation, started_at)
    values (p_store, p_run_id, 1, null)
    on conflict (store) do nothing;
    select * into strict current_row
    from bff.replay_store_generation g where g.store = p_store for update;
    if current_row.run_id <> p_run_id
       or (p_marker is distinct from current_row.generation
           and current_row.generation <= p_known)
       -- A process that knew nothing yet meets a store without a mark that once had it.
       or (p_marker is null and p_known = 0 and current_row.is_marked) then
        update bff.replay_store_generation g
        set run_id = p_run_id, generation = g.generation + 1, started_at = p_now,
            is_marked = false
        where g.store = p_store
        returning g.* into current_row;
    end if;
    return query select current_row.generation, current_row.run_id, current_row.started_at;
end
$$;
revoke execute on function bff.open_replay_generation from public;
grant execute on function bff.open_replay_generation to bff_api;

-- The last good key set of each issuer, as any instance fetched it. Public keys, of no tenant.
create table bff.signing_key_sets (
    issuer      text        primary key,
    document    jsonb       not null,
    fetched_at  timestamptz not null
);
grant select, insert, update on bff.signing_key_sets to bff_api;
