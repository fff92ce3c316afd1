-- A store that carries a later generation than is recorded here: this database came back from a
-- backup. Go past the store's mark in one step, or no instance could ever mark it again.
-- Undo: create bff.open_replay_generation anew as in 0006.

create or replace function bff.open_replay_generation(
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
       -- A generation is recorded before the store is marked with it, so this cannot be news.
       or p_marker > current_row.generation
       or (p_marker is distinct from current_row.generation
           and current_row.generation <= p_known)
       -- A process that knew nothing yet meets a store without a mark that once had it.
       or (p_marker is null and p_known = 0 and current_row.is_marked) then
        update bff.replay_store_generation g
        set run_id = p_run_id,
            generation = greatest(g.generation, coalesce(p_marker, 0)) + 1,
            started_at = p_now,
            is_marked = false
        where g.store = p_store
        returning g.* into current_row;
    end if;
    return query select current_row.generation, current_row.run_id, current_row.started_at;
end
$$;
