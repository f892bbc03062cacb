-- load.sql: the records of one job that has succeeded into the table "records". The same for Postgres and DuckDB.
CREATE TEMP TABLE incoming AS
SELECT line, record.stream, data, emitted_at,
  concat_ws(' ', data->>first, data->>second, data->>third) AS key,
  CASE
    WHEN record.stream = 'conversation_parts' THEN data->>'conversation_id'
    WHEN record.stream = 'ticket_parts' THEN data->>'ticket_id'
    WHEN keys.parent IS NOT NULL THEN data->>first
  END AS parent
FROM (
  SELECT line, message->'record'->>'stream' AS stream, message->'record'->'data' AS data,
    to_timestamp(CAST(message->'record'->>'emitted_at' AS bigint) / 1000.0) AS emitted_at
  FROM messages
  WHERE (message->>'type') = 'RECORD'
) AS record
LEFT JOIN keys ON keys.stream = record.stream;

-- Streams that the job has read whole, all of them in a full refresh.
CREATE TEMP TABLE whole AS
SELECT DISTINCT message->'state'->'stream'->'stream_descriptor'->>'name' AS stream
FROM messages
WHERE (message->'state'->'stream'->'stream_state'->>'__ab_full_refresh_sync_complete') = 'true';

-- A record that changed while it was read comes twice: the later line is the newer one.
INSERT INTO records (stream, key, parent, data, emitted_at)
SELECT DISTINCT ON (stream, key) stream, key, parent, data, emitted_at FROM incoming ORDER BY stream, key, line DESC
ON CONFLICT (stream, key) DO UPDATE SET parent = excluded.parent, data = excluded.data, emitted_at = excluded.emitted_at;

-- What belongs to one record comes together, such as the segments of a company: what it has not any more does not come.
DELETE FROM records
WHERE stream NOT IN ('conversation_parts', 'ticket_parts')
  AND EXISTS (SELECT 1 FROM incoming WHERE incoming.stream = records.stream AND incoming.parent = records.parent)
  AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.stream = records.stream AND incoming.key = records.key);

-- Of the rows inside a record none comes when it has none left. What is asked for below a record comes only when it differs.
DELETE FROM records
WHERE stream NOT IN ('company_segments', 'company_notes', 'contact_notes', 'conversation_parts', 'ticket_parts')
  AND EXISTS (
    SELECT 1 FROM keys JOIN incoming ON incoming.stream = keys.parent
    WHERE keys.stream = records.stream AND incoming.key = records.parent
      AND CAST(COALESCE(incoming.data->>'parent_updated_at', incoming.data->>'updated_at') AS bigint)
        > CAST(records.data->>'parent_updated_at' AS bigint)
  );

-- What a stream that was read whole does not have any more was deleted. Parts stay, and what is in them: Intercom gives the
-- newest 500 only.
DELETE FROM records
WHERE stream IN (SELECT stream FROM whole)
  AND stream NOT IN ('conversation_parts', 'ticket_parts')
  AND stream NOT IN (SELECT stream FROM keys WHERE keys.parent IN ('conversation_parts', 'ticket_parts'))
  AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.stream = records.stream AND incoming.key = records.key);

-- Parts go with their conversation or ticket, as far as this job has read all of those.
DELETE FROM records
WHERE stream = 'conversation_parts' AND 'conversations' IN (SELECT stream FROM whole)
  AND parent NOT IN (SELECT key FROM records WHERE stream = 'conversations');
DELETE FROM records
WHERE stream = 'ticket_parts' AND 'tickets' IN (SELECT stream FROM whole)
  AND parent NOT IN (SELECT key FROM records WHERE stream = 'tickets');
DELETE FROM records
WHERE stream IN (SELECT stream FROM keys WHERE keys.parent = 'conversation_parts')
  AND 'conversations' IN (SELECT stream FROM whole) AND 'conversation_parts' IN (SELECT stream FROM whole)
  AND parent NOT IN (SELECT key FROM records WHERE stream = 'conversation_parts');
DELETE FROM records
WHERE stream IN (SELECT stream FROM keys WHERE keys.parent = 'ticket_parts')
  AND 'tickets' IN (SELECT stream FROM whole) AND 'ticket_parts' IN (SELECT stream FROM whole)
  AND parent NOT IN (SELECT key FROM records WHERE stream = 'ticket_parts');
