-- What operators did: append-only, one row per outcome, partitioned by month so that retention
-- drops a partition instead of deleting rows. The default partition catches what no month holds.
-- Undo: drop table bff.operator_activity; drop function bff.ensure_activity_partitions.

create table bff.operator_activity (
    tenant_id     text        not null check (tenant_id <> ''),
    activity_id   text        not null,
    occurred_at   timestamptz not null,
    received_at   timestamptz not null,
    action        text        not null,
    state         text        not null
        check (state in ('succeeded', 'refused', 'not_performed', 'parked')),
    operator_id   text        not null,
    property_id   text        not null,
    resource_id   text        not null,
    origin        jsonb       not null,
    -- The registered code of a refusal, never an upstream's words.
    refusal_code  text,
    -- Identifiers and states only.
    result        jsonb,
    settled_by    text        not null check (settled_by in ('request', 'reconciler')),
    attempt       integer     not null,
    primary key (tenant_id, activity_id, occurred_at)
) partition by range (occurred_at);

alter table bff.operator_activity enable row level security;
alter table bff.operator_activity force row level security;

create policy tenant_isolation on bff.operator_activity to bff_api, bff_worker
    using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''));

-- No update, no delete, and no grant on any partition: rows are reached through the parent only.
grant select, insert on bff.operator_activity to bff_api, bff_worker;

create table bff.operator_activity_default partition of bff.operator_activity default;
alter table bff.operator_activity_default enable row level security;
alter table bff.operator_activity_default force row level security;

-- Makes the partitions of `p_months` months from `p_from`'s on; those that exist stay as they are.
create function bff.ensure_activity_partitions(p_from date, p_months integer)
returns integer
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    month_start date;
    partition_name text;
    made integer := 0;
begin
    for offset_months in 0 .. p_months - 1 loop
        month_start := (date_trunc('month', p_from) + make_interval(months => offset_months))::date;
        partition_name := format('operator_activity_%s', to_char(month_start, 'YYYY_MM'));
        if to_regclass('bff.' || partition_name) is not null then
            continue;
        end if;
        execute format(
            'create table bff.%I partition of bff.operator_activity for values from (%L) to (%L)',
            partition_name,
            to_char(month_start, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(month_start + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00'
        );
        execute format('alter table bff.%I enable row level security', partition_name);
        execute format('alter table bff.%I force row level security', partition_name);
        made := made + 1;
    end loop;
    return made;
end
$$;
