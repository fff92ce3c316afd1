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

-- Which life of a store counts claims, and since when. Of no tenant.
create table bff.replay_store_generation (
    store       text        primary key,
    run_id      text        not null,
    generation  bigint      not null check (generation > 0),
    started_at  timestamptz not null
);
grant select, insert, update on bff.replay_store_generation to bff_api;

-- The last good key set of each issuer, as any instance fetched it. Public keys, of no tenant.
create table bff.signing_key_sets (
    issuer      text        primary key,
    document    jsonb       not null,
    fetched_at  timestamptz not null
);
grant select, insert, update on bff.signing_key_sets to bff_api;
