-- load.sql: the records of one job that has succeeded into the table "records". The same for Postgres and DuckDB.
CREATE TEMP TABLE incoming AS
SELECT line, stream, data, emitted_at,
  CASE
    WHEN stream IN ('company_attributes', 'contact_attributes') THEN (data->>'model') || ' ' || (data->>'full_name')
    WHEN stream = 'company_segments' THEN (data->>'company_id') || ' ' || (data->>'id')
    WHEN stream = 'article_statistics' THEN data->>'article_id'
    ELSE data->>'id'
  END AS key,
  CASE stream
    WHEN 'company_segments' THEN data->>'company_id'
    WHEN 'conversation_parts' THEN data->>'conversation_id'
    WHEN 'ticket_parts' THEN data->>'ticket_id'
  END AS parent
FROM (
  SELECT line, message->'record'->>'stream' AS stream, message->'record'->'data' AS data,
    to_timestamp(CAST(message->'record'->>'emitted_at' AS bigint) / 1000.0) AS emitted_at
  FROM messages
  WHERE (message->>'type') = 'RECORD'
) AS record;

-- Streams that the job has read whole, all of them in a full refresh.
CREATE TEMP TABLE whole AS
SELECT DISTINCT message->'state'->'stream'->'stream_descriptor'->>'name' AS stream
FROM messages
WHERE (message->'state'->'stream'->'stream_state'->>'__ab_full_refresh_sync_complete') = 'true';

-- A record that changed while it was read comes twice: the later line is the newer one.
INSERT INTO records (stream, key, parent, data, emitted_at)
SELECT DISTINCT ON (stream, key) stream, key, parent, data, emitted_at FROM incoming ORDER BY stream, key, line DESC
ON CONFLICT (stream, key) DO UPDATE SET parent = excluded.parent, data = excluded.data, emitted_at = excluded.emitted_at;

-- The segments of a company come together: those that it has left do not come.
DELETE FROM records
WHERE stream = 'company_segments'
  AND parent IN (SELECT parent FROM incoming WHERE stream = 'company_segments')
  AND key NOT IN (SELECT key FROM incoming WHERE stream = 'company_segments');

-- What a stream that was read whole does not have any more was deleted. Parts stay: Intercom gives the newest 500 only.
DELETE FROM records
WHERE stream IN (SELECT stream FROM whole)
  AND stream NOT IN ('conversation_parts', 'ticket_parts')
  AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.stream = records.stream AND incoming.key = records.key);

-- Parts go with their conversation or ticket, as far as this job has read all of those.
DELETE FROM records
WHERE stream = 'conversation_parts' AND 'conversations' IN (SELECT stream FROM whole)
  AND parent NOT IN (SELECT key FROM records WHERE stream = 'conversations');
DELETE FROM records
WHERE stream = 'ticket_parts' AND 'tickets' IN (SELECT stream FROM whole)
  AND parent NOT IN (SELECT key FROM records WHERE stream = 'tickets');
