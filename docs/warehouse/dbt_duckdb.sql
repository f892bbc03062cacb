-- dbt_duckdb.sql: what dbt_intercom.sql needs of DuckDB.
CREATE SCHEMA IF NOT EXISTS intercom;
-- One row for each entry of a list, none where there is no list.
CREATE OR REPLACE MACRO intercom.entries(list) AS unnest(TRY_CAST(list AS JSON[]));
