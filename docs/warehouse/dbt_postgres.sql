-- dbt_postgres.sql: what dbt_intercom.sql needs of Postgres.
SET search_path = public;
SET client_min_messages = 'warning';
CREATE SCHEMA IF NOT EXISTS intercom;
-- One row for each entry of a list, none where there is no list.
CREATE OR REPLACE FUNCTION intercom.entries(list jsonb) RETURNS SETOF jsonb LANGUAGE sql IMMUTABLE
AS $$ SELECT jsonb_array_elements(CASE jsonb_typeof(list) WHEN 'array' THEN list ELSE '[]' END) $$;
