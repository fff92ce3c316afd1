-- The schema and who may enter it. The four login roles exist before: whoever owns the server
-- creates them (bff_owner, bff_api, bff_worker, bff_retention), none with BYPASSRLS.
-- Tables belong to bff_owner, which only runs migrations; the service never connects as it.
-- Undo: drop schema bff cascade.

revoke all on schema bff from public;
grant usage on schema bff to bff_api, bff_worker, bff_retention;

-- What a later migration creates is callable by nobody until it says so.
alter default privileges revoke execute on functions from public;
