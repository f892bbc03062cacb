-- dbt_intercom.sql: the tables that the dbt package fivetran/dbt_intercom reads, as views of the table "records".
-- The same for Postgres and DuckDB, after dbt_postgres.sql or dbt_duckdb.sql.
-- Each "history" has the newest version of a record only. A tombstone is one that is not active.

CREATE OR REPLACE VIEW intercom.admin AS
SELECT
  FALSE AS _fivetran_deleted,
  emitted_at AS _fivetran_synced,
  data->>'id' AS id,
  data->>'job_title' AS job_title,
  data->>'name' AS name
FROM records
WHERE stream = 'admins';

CREATE OR REPLACE VIEW intercom.tag AS
SELECT
  FALSE AS _fivetran_deleted,
  emitted_at AS _fivetran_synced,
  data->>'id' AS id,
  data->>'name' AS name
FROM records
WHERE stream = 'tags';

CREATE OR REPLACE VIEW intercom.team AS
SELECT
  FALSE AS _fivetran_deleted,
  emitted_at AS _fivetran_synced,
  data->>'id' AS id,
  data->>'name' AS name
FROM records
WHERE stream = 'teams';

-- Ids of admins are numbers in a team, and texts elsewhere.
CREATE OR REPLACE VIEW intercom.team_admin AS
SELECT
  FALSE AS _fivetran_deleted,
  emitted_at AS _fivetran_synced,
  replace(CAST(entry AS text), '"', '') AS admin_id,
  key AS team_id
FROM (
  SELECT key, emitted_at, intercom.entries(data->'admin_ids') AS entry FROM records WHERE stream = 'teams'
) AS team_entry;

CREATE OR REPLACE VIEW intercom.contact_history AS
SELECT
  (data->>'_ab_cdc_deleted_at') IS NULL AS _fivetran_active,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS _fivetran_start,
  COALESCE(CAST(data->>'_ab_cdc_deleted_at' AS timestamptz), CAST('9999-12-31 23:59:59+00' AS timestamptz)) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  data->>'owner_id' AS admin_id,
  to_timestamp(CAST(data->>'created_at' AS bigint)) AS created_at,
  data->>'email' AS email,
  data->>'id' AS id,
  to_timestamp(CAST(data->>'last_contacted_at' AS bigint)) AS last_contacted_at,
  to_timestamp(CAST(data->>'last_email_clicked_at' AS bigint)) AS last_email_clicked_at,
  to_timestamp(CAST(data->>'last_email_opened_at' AS bigint)) AS last_email_opened_at,
  to_timestamp(CAST(data->>'last_replied_at' AS bigint)) AS last_replied_at,
  data->>'name' AS name,
  data->>'role' AS role,
  to_timestamp(CAST(data->>'signed_up_at' AS bigint)) AS signed_up_at,
  CAST(data->>'unsubscribed_from_emails' AS boolean) AS unsubscribed_from_emails,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS updated_at
FROM records
WHERE stream = 'contacts';

CREATE OR REPLACE VIEW intercom.company_history AS
SELECT
  (data->>'_ab_cdc_deleted_at') IS NULL AS _fivetran_active,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS _fivetran_start,
  COALESCE(CAST(data->>'_ab_cdc_deleted_at' AS timestamptz), CAST('9999-12-31 23:59:59+00' AS timestamptz)) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  to_timestamp(CAST(data->>'created_at' AS bigint)) AS created_at,
  data->>'id' AS id,
  data->>'industry' AS industry,
  CAST(data->>'monthly_spend' AS double precision) AS monthly_spend,
  data->>'name' AS name,
  data->'plan'->>'id' AS plan_id,
  data->'plan'->>'name' AS plan_name,
  CAST(data->>'session_count' AS bigint) AS session_count,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS updated_at,
  CAST(data->>'user_count' AS bigint) AS user_count,
  data->>'website' AS website
FROM records
WHERE stream = 'companies';

CREATE OR REPLACE VIEW intercom.contact_company_history AS
SELECT
  TRUE AS _fivetran_active,
  parent_updated_at AS _fivetran_start,
  CAST('9999-12-31 23:59:59+00' AS timestamptz) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  key AS contact_id,
  parent_updated_at AS contact_updated_at,
  entry->>'id' AS company_id
FROM (
  SELECT key, emitted_at, to_timestamp(CAST(data->>'updated_at' AS bigint)) AS parent_updated_at,
    intercom.entries(data->'companies'->'data') AS entry
  FROM records
  WHERE stream = 'contacts'
) AS contact_entry;

CREATE OR REPLACE VIEW intercom.contact_tag_history AS
SELECT
  TRUE AS _fivetran_active,
  parent_updated_at AS _fivetran_start,
  CAST('9999-12-31 23:59:59+00' AS timestamptz) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  key AS contact_id,
  parent_updated_at AS contact_updated_at,
  entry->>'id' AS tag_id
FROM (
  SELECT key, emitted_at, to_timestamp(CAST(data->>'updated_at' AS bigint)) AS parent_updated_at,
    intercom.entries(data->'tags'->'data') AS entry
  FROM records
  WHERE stream = 'contacts'
) AS contact_entry;

CREATE OR REPLACE VIEW intercom.company_tag_history AS
SELECT
  TRUE AS _fivetran_active,
  parent_updated_at AS _fivetran_start,
  CAST('9999-12-31 23:59:59+00' AS timestamptz) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  key AS company_id,
  parent_updated_at AS company_updated_at,
  entry->>'id' AS tag_id
FROM (
  SELECT key, emitted_at, to_timestamp(CAST(data->>'updated_at' AS bigint)) AS parent_updated_at,
    intercom.entries(data->'tags'->'tags') AS entry
  FROM records
  WHERE stream = 'companies'
) AS company_entry;

CREATE OR REPLACE VIEW intercom.conversation_contact_history AS
SELECT
  TRUE AS _fivetran_active,
  parent_updated_at AS _fivetran_start,
  CAST('9999-12-31 23:59:59+00' AS timestamptz) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  key AS conversation_id,
  parent_updated_at AS conversation_updated_at,
  entry->>'id' AS contact_id
FROM (
  SELECT key, emitted_at, to_timestamp(CAST(data->>'updated_at' AS bigint)) AS parent_updated_at,
    intercom.entries(data->'contacts'->'contacts') AS entry
  FROM records
  WHERE stream = 'conversations'
) AS conversation_entry;

CREATE OR REPLACE VIEW intercom.conversation_tag_history AS
SELECT
  TRUE AS _fivetran_active,
  parent_updated_at AS _fivetran_start,
  CAST('9999-12-31 23:59:59+00' AS timestamptz) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  key AS conversation_id,
  parent_updated_at AS conversation_updated_at,
  entry->>'id' AS tag_id
FROM (
  SELECT key, emitted_at, to_timestamp(CAST(data->>'updated_at' AS bigint)) AS parent_updated_at,
    intercom.entries(data->'tags'->'tags') AS entry
  FROM records
  WHERE stream = 'conversations'
) AS conversation_entry;

-- Intercom writes 0 for nobody. A conversation may have a team and an admin: then the admin has it.
CREATE OR REPLACE VIEW intercom.conversation_history AS
SELECT
  (data->>'_ab_cdc_deleted_at') IS NULL AS _fivetran_active,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS _fivetran_start,
  COALESCE(CAST(data->>'_ab_cdc_deleted_at' AS timestamptz), CAST('9999-12-31 23:59:59+00' AS timestamptz)) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  COALESCE(NULLIF(data->>'admin_assignee_id', '0'), NULLIF(data->>'team_assignee_id', '0')) AS assignee_id,
  CASE
    WHEN NULLIF(data->>'admin_assignee_id', '0') IS NOT NULL THEN 'admin'
    WHEN NULLIF(data->>'team_assignee_id', '0') IS NOT NULL THEN 'team'
  END AS assignee_type,
  data->'conversation_rating'->>'remark' AS conversation_rating_remark,
  CAST(data->'conversation_rating'->>'rating' AS bigint) AS conversation_rating_value,
  to_timestamp(CAST(data->>'created_at' AS bigint)) AS created_at,
  to_timestamp(CAST(data->'first_contact_reply'->>'created_at' AS bigint)) AS first_contact_reply_created_at,
  data->'first_contact_reply'->>'type' AS first_contact_reply_type,
  data->>'id' AS id,
  CAST(data->>'read' AS boolean) AS read,
  data->'sla_applied'->>'sla_name' AS sla_name,
  data->'sla_applied'->>'sla_status' AS sla_status,
  to_timestamp(CAST(data->>'snoozed_until' AS bigint)) AS snoozed_until,
  data->'source'->'author'->>'id' AS source_author_id,
  data->'source'->'author'->>'type' AS source_author_type,
  data->'source'->>'body' AS source_body,
  data->'source'->>'delivered_as' AS source_delivered_as,
  data->'source'->>'subject' AS source_subject,
  data->'source'->>'type' AS source_type,
  data->>'state' AS state,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS updated_at,
  to_timestamp(CAST(data->>'waiting_since' AS bigint)) AS waiting_since
FROM records
WHERE stream = 'conversations';

-- A part goes with its conversation, which alone gets a tombstone.
CREATE OR REPLACE VIEW intercom.conversation_part_history AS
SELECT
  (conversation.data->>'_ab_cdc_deleted_at') IS NULL AS _fivetran_active,
  to_timestamp(CAST(part.data->>'updated_at' AS bigint)) AS _fivetran_start,
  COALESCE(CAST(conversation.data->>'_ab_cdc_deleted_at' AS timestamptz), CAST('9999-12-31 23:59:59+00' AS timestamptz)) AS _fivetran_end,
  part.emitted_at AS _fivetran_synced,
  part.data->'assigned_to'->>'id' AS assigned_to_id,
  part.data->'assigned_to'->>'type' AS assigned_to_type,
  part.data->'author'->>'id' AS author_id,
  part.data->'author'->>'type' AS author_type,
  part.data->>'body' AS body,
  part.data->>'conversation_id' AS conversation_id,
  to_timestamp(CAST(part.data->>'parent_updated_at' AS bigint)) AS conversation_updated_at,
  to_timestamp(CAST(part.data->>'created_at' AS bigint)) AS created_at,
  part.data->>'id' AS id,
  part.data->>'part_type' AS part_type,
  to_timestamp(CAST(part.data->>'updated_at' AS bigint)) AS updated_at
FROM records AS part
LEFT JOIN records AS conversation ON conversation.stream = 'conversations' AND conversation.key = part.parent
WHERE part.stream = 'conversation_parts';

-- From API 2.16 on an article lists its parents, and says nothing of their kind: they are collections.
CREATE OR REPLACE VIEW intercom.article_history AS
SELECT
  TRUE AS _fivetran_active,
  to_timestamp(CAST(article.data->>'updated_at' AS bigint)) AS _fivetran_start,
  CAST('9999-12-31 23:59:59+00' AS timestamptz) AS _fivetran_end,
  article.emitted_at AS _fivetran_synced,
  article.data->>'author_id' AS author_id,
  article.data->>'body' AS body,
  CASE parent_type WHEN 'collection' THEN parent_id END AS collection_id,
  to_timestamp(CAST(article.data->>'created_at' AS bigint)) AS created_at,
  article.data->>'default_locale' AS default_locale,
  article.data->>'description' AS description,
  article.data->>'id' AS id,
  parent_type,
  CASE parent_type WHEN 'section' THEN parent_id END AS section_id,
  article.data->>'state' AS state,
  CAST(figures.data->>'conversions' AS bigint) AS statistics_conversations,
  CAST(figures.data->>'happy_reaction_percentage' AS double precision) AS statistics_happy_reaction_percentage,
  CAST(figures.data->>'neutral_reaction_percentage' AS double precision) AS statistics_neutral_reaction_percentage,
  CAST(figures.data->>'reactions' AS bigint) AS statistics_reactions,
  CAST(figures.data->>'sad_reaction_percentage' AS double precision) AS statistics_sad_reaction_percentage,
  figures.data->>'type' AS statistics_type,
  CAST(figures.data->>'views' AS bigint) AS statistics_views,
  article.data->>'title' AS title,
  article.data->>'type' AS type,
  to_timestamp(CAST(article.data->>'updated_at' AS bigint)) AS updated_at,
  article.data->>'url' AS url,
  article.data->>'workspace_id' AS workspace_id
FROM (
  SELECT key, data, emitted_at, COALESCE(data->>'parent_id', data->'parent_ids'->>0) AS parent_id,
    COALESCE(data->>'parent_type', CASE WHEN (data->'parent_ids'->0) IS NOT NULL THEN 'collection' END) AS parent_type
  FROM records
  WHERE stream = 'articles'
) AS article
LEFT JOIN records AS figures ON figures.stream = 'article_statistics' AND figures.key = article.key;

CREATE OR REPLACE VIEW intercom.collection_history AS
SELECT
  TRUE AS _fivetran_active,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS _fivetran_start,
  CAST('9999-12-31 23:59:59+00' AS timestamptz) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  to_timestamp(CAST(data->>'created_at' AS bigint)) AS created_at,
  data->>'default_locale' AS default_locale,
  data->>'description' AS description,
  data->>'help_center_id' AS help_center_id,
  data->>'icon' AS icon,
  data->>'id' AS id,
  data->>'name' AS name,
  CAST(data->>'order' AS bigint) AS "order",
  data->>'parent_id' AS parent_id,
  COALESCE(data->>'type', 'collection') AS type,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS updated_at,
  data->>'url' AS url,
  data->>'workspace_id' AS workspace_id
FROM records
WHERE stream = 'collections';

CREATE OR REPLACE VIEW intercom.help_center_history AS
SELECT
  TRUE AS _fivetran_active,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS _fivetran_start,
  CAST('9999-12-31 23:59:59+00' AS timestamptz) AS _fivetran_end,
  emitted_at AS _fivetran_synced,
  to_timestamp(CAST(data->>'created_at' AS bigint)) AS created_at,
  data->>'display_name' AS display_name,
  data->>'id' AS id,
  data->>'identifier' AS identifier,
  to_timestamp(CAST(data->>'updated_at' AS bigint)) AS updated_at,
  CAST(data->>'website_turned_on' AS boolean) AS website_turned_on,
  data->>'workspace_id' AS workspace_id
FROM records
WHERE stream = 'help_centers';
