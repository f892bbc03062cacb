-- postgres.sql: messages.ndjson and keys.ndjson as temporary tables, for load.sql.
SET client_encoding = 'UTF8';
-- Otherwise a schema that is called like the role would come first, and get a second, empty table.
SET search_path = public;
SET client_min_messages = 'warning';
CREATE TABLE IF NOT EXISTS records (stream text, key text, parent text, data jsonb, PRIMARY KEY (stream, key));
-- Tables that were made before have no such column.
ALTER TABLE records ADD COLUMN IF NOT EXISTS emitted_at timestamptz;
CREATE TEMP TABLE lines (line bigserial, message text);
-- A line of JSON has no control characters, so that these two are in none.
\copy lines (message) FROM 'messages.ndjson' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
-- Postgres cannot hold a NUL in a text: it becomes U+FFFD. An escaped backslash before "u0000" is none.
CREATE TEMP TABLE messages AS
SELECT line, regexp_replace(message, '(?<!\\)((\\\\)*)\\u0000', '\1\\ufffd', 'g')::jsonb AS message FROM lines;
CREATE TEMP TABLE key_lines (line jsonb);
\copy key_lines FROM 'keys.ndjson' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
CREATE TEMP TABLE keys AS
SELECT line->>'stream' AS stream, line->>'parent' AS parent, line->>'first' AS first, line->>'second' AS second, line->>'third' AS third
FROM key_lines;
