-- Events owed to the broker, written in the same commit as what they tell of.
-- Undo: drop table bff.outbox; drop function bff.append_message, bff.claim_messages.

create table bff.outbox (
    event_id         text        primary key,
    tenant_id        text        not null check (tenant_id <> ''),
    topic            text        not null,
    ordering_key     text        not null,
    -- Order inside one ordering key. See bff.append_message for why no commit can come late.
    sequence         bigint      not null generated always as identity,
    event            jsonb       not null,
    created_at       timestamptz not null default now(),
    attempts         integer     not null default 0,
    next_attempt_at  timestamptz not null default now(),
    lease_owner      uuid,
    leased_until     timestamptz,
    published_at     timestamptz,
    -- The broker refuses this very message: it and its aggregate's later ones wait for a person.
    parked_at        timestamptz,
    last_failure     text
);

create index outbox_owed on bff.outbox (sequence)
    where published_at is null and parked_at is null;
create index outbox_owed_by_aggregate on bff.outbox (ordering_key, sequence)
    where published_at is null;
create index outbox_published on bff.outbox (published_at) where published_at is not null;

alter table bff.outbox enable row level security;
alter table bff.outbox force row level security;

create policy tenant_isolation on bff.outbox to bff_api, bff_worker
    using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
-- The relay serves all tenants. Column grants below keep it to its own book-keeping: it can
-- neither change an event nor move it to another tenant, topic or place in the order.
create policy relay_finds_work on bff.outbox for select to bff_worker using (true);
create policy relay_keeps_books on bff.outbox for update to bff_worker
    using (true) with check (true);
create policy relay_removes_published on bff.outbox for delete to bff_worker using (true);
create policy only_published_is_removed on bff.outbox as restrictive for delete to bff_worker
    using (published_at < now() - interval '3 days');

grant insert on bff.outbox to bff_api;
grant select, insert, delete on bff.outbox to bff_worker;
grant update (attempts, next_attempt_at, lease_owner, leased_until, published_at, parked_at,
              last_failure) on bff.outbox to bff_worker;

-- Adds one message inside the caller's transaction; the same event id again changes nothing.
-- Writers of one aggregate take turns from here to their commit, so a lower sequence can never
-- become visible after a higher one of the same aggregate. Writers of others do not meet.
create function bff.append_message(
    p_tenant_id text, p_event_id text, p_topic text, p_ordering_key text, p_event jsonb
) returns boolean
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('app.tenant_id', p_tenant_id, true);
    perform pg_advisory_xact_lock(hashtextextended(p_ordering_key, 0));
    insert into bff.outbox (event_id, tenant_id, topic, ordering_key, event)
    values (p_event_id, p_tenant_id, p_topic, p_ordering_key, p_event)
    on conflict do nothing;
    return found;
end
$$;
revoke execute on function bff.append_message from public;
grant execute on function bff.append_message to bff_api, bff_worker;

-- Leases the oldest messages that may go out now. A message waits while an earlier one of its
-- aggregate is parked, backing off or leased. Claims take turns (one short statement each), so
-- two relays can never split an aggregate between them.
create function bff.claim_messages(p_owner uuid, p_limit integer, p_lease_seconds integer)
returns setof bff.outbox
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    moment timestamptz;
begin
    perform pg_advisory_xact_lock(hashtextextended('bff.claim_messages', 1));
    moment := clock_timestamp();
    return query
    with due as (
        select owed.event_id
        from bff.outbox owed
        where owed.published_at is null and owed.parked_at is null
          and owed.next_attempt_at <= moment
          and (owed.leased_until is null or owed.leased_until <= moment)
          and not exists (
              select from bff.outbox earlier
              where earlier.ordering_key = owed.ordering_key
                and earlier.published_at is null
                and earlier.sequence < owed.sequence
                and (earlier.parked_at is not null or earlier.leased_until > moment
                     or earlier.next_attempt_at > moment))
        order by owed.sequence
        limit p_limit
    ), leased as (
        update bff.outbox owed
        set lease_owner = p_owner,
            leased_until = moment + make_interval(secs => p_lease_seconds)
        from due
        where owed.event_id = due.event_id
        returning owed.*
    )
    select * from leased order by leased.sequence;
end
$$;
revoke execute on function bff.claim_messages from public;
grant execute on function bff.claim_messages to bff_worker;
