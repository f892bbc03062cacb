-- duckdb.sql: messages.ndjson and keys.ndjson as temporary tables, for load.sql.
CREATE TABLE IF NOT EXISTS records (stream VARCHAR, key VARCHAR, parent VARCHAR, data JSON, PRIMARY KEY (stream, key));
-- Tables that were made before have no such column.
ALTER TABLE records ADD COLUMN IF NOT EXISTS emitted_at timestamptz;
CREATE TEMP TABLE messages AS
SELECT row_number() OVER () AS line, json AS message
FROM read_ndjson_objects('messages.ndjson', maximum_object_size = 67108864);
CREATE TEMP TABLE keys AS
SELECT json->>'stream' AS stream, json->>'parent' AS parent, json->>'first' AS first, json->>'second' AS second, json->>'third' AS third
FROM read_ndjson_objects('keys.ndjson');
