export interface MetricEntry {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  /**
   * Label values come from our own short lists: never an id, a path or a text that somebody sent. Only those of
   * connections are ids; they are shown to operators alone.
   */
  labels: readonly string[]
  /** Upper bounds of a histogram, s. */
  buckets?: readonly number[]
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Every metric there is; `docs/operations.md` lists them for operators. */
export const metricTable = {
  intercom_sync_redis_up: {
    type: 'gauge',
    help: 'Whether Redis answered this scrape, 1 or 0',
    labels: [],
  },
  intercom_sync_redis_refuses: {
    type: 'gauge',
    help: 'Present, and 1, while Redis does not take what a new job writes: why',
    labels: ['reason'],
  },
  intercom_sync_redis_memory_used_bytes: {
    type: 'gauge',
    help: 'Memory that Redis uses',
    labels: [],
  },
  intercom_sync_redis_memory_max_bytes: {
    type: 'gauge',
    help: 'Memory that Redis may use, 0 without a limit',
    labels: [],
  },
  intercom_sync_jobs: {
    type: 'gauge',
    help: 'Jobs that have not ended',
    labels: ['status'],
  },
  intercom_sync_oldest_pending_job_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest job that no worker has begun, 0 without one',
    labels: [],
  },
  intercom_sync_unended_log_bytes: {
    type: 'gauge',
    help: 'Compressed messages in Redis of all jobs that have not ended',
    labels: [],
  },
  intercom_sync_largest_unended_log_bytes: {
    type: 'gauge',
    help: 'Compressed messages of the one of them that has most',
    labels: [],
  },
  intercom_sync_queue_jobs: {
    type: 'gauge',
    help: 'Jobs in the queue',
    labels: ['state'],
  },
  intercom_sync_worker_concurrency: {
    type: 'gauge',
    help: 'Jobs that this process works on at most, 0 without the worker role',
    labels: [],
  },
  intercom_sync_attempts_running: {
    type: 'gauge',
    help: 'Attempts under way in this process',
    labels: [],
  },
  intercom_sync_last_reconciled_timestamp_seconds: {
    type: 'gauge',
    help: 'When this process last looked over all unended jobs, Unix time; 0 before that and without the worker role',
    labels: [],
  },
  intercom_sync_attempts_started_total: {
    type: 'counter',
    help: 'Attempts begun',
    labels: [],
  },
  intercom_sync_attempts_ended_total: {
    type: 'counter',
    help: 'Attempts over',
    labels: ['outcome'],
  },
  intercom_sync_jobs_ended_total: {
    type: 'counter',
    help: 'Jobs that this process has ended',
    labels: ['status', 'code'],
  },
  intercom_sync_skipped_streams_total: {
    type: 'counter',
    help: 'Streams that these jobs left out because the token may not read them',
    labels: [],
  },
  intercom_sync_due_times_total: {
    type: 'counter',
    help: 'Due times of schedules that this process has seen to: whether a job was started, or why not',
    labels: ['outcome'],
  },
  intercom_sync_scheduled_connections: {
    type: 'gauge',
    help: 'Connections with a schedule of syncs or full refreshes that are not paused',
    labels: [],
  },
  intercom_sync_schedule_lag_seconds: {
    type: 'gauge',
    help: 'How long the oldest due time of all schedules has waited for somebody to see to it, 0 without one',
    labels: [],
  },
  intercom_sync_connection_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a sync of the connection last succeeded, Unix time; before the first one, when its schedule was set',
    labels: ['tenant', 'connection'],
  },
  intercom_sync_connection_due_since_success: {
    type: 'gauge',
    help: 'Due times of the connection since then, counted up to 100',
    labels: ['tenant', 'connection'],
  },
  intercom_sync_connection_failures_in_a_row: {
    type: 'gauge',
    help: 'Syncs of the connection that have failed since one last succeeded',
    labels: ['tenant', 'connection'],
  },
  intercom_sync_connection_skipped_runs: {
    type: 'gauge',
    help: 'Due times of the connection without a job, ever',
    labels: ['tenant', 'connection'],
  },
  intercom_sync_webhook_tries_total: {
    type: 'counter',
    help: 'Tries of this process to tell webhooks; failed = it was the last one',
    labels: ['outcome'],
  },
  intercom_sync_webhook_pending_deliveries: {
    type: 'gauge',
    help: 'Messages to webhooks that are neither delivered nor given up',
    labels: [],
  },
  intercom_sync_webhook_oldest_pending_delivery_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest of them, 0 without one',
    labels: [],
  },
  intercom_sync_webhook_failed_deliveries: {
    type: 'gauge',
    help: 'Messages to webhooks that were given up, of the last seven days; sent again by hand, they are no longer counted',
    labels: [],
  },
  intercom_sync_commits_total: {
    type: 'counter',
    help: 'Commits made durable',
    labels: [],
  },
  intercom_sync_records_total: {
    type: 'counter',
    help: 'RECORD messages in them, without tombstones',
    labels: [],
  },
  intercom_sync_tombstones_total: {
    type: 'counter',
    help: 'Tombstones in them',
    labels: [],
  },
  intercom_sync_message_bytes_total: {
    type: 'counter',
    help: 'NDJSON in them, before compression',
    labels: [],
  },
  intercom_sync_segment_bytes_total: {
    type: 'counter',
    help: 'Bytes of messages that this process has moved from Redis to DATA_DIR',
    labels: [],
  },
  intercom_sync_segments_shared: {
    type: 'gauge',
    help: 'Whether all processes share DATA_DIR, so that messages may be moved there, 1 or 0',
    labels: [],
  },
  intercom_sync_intercom_request_seconds: {
    type: 'histogram',
    help: 'Requests to Intercom, from sending to the whole answer',
    labels: ['outcome'],
    buckets: seconds,
  },
  intercom_sync_intercom_retries_total: {
    type: 'counter',
    help: 'Requests to Intercom that repeat one that failed',
    labels: [],
  },
  intercom_sync_intercom_wait_seconds_total: {
    type: 'counter',
    help: 'Time that requests to Intercom have waited for their turn',
    labels: [],
  },
  intercom_sync_http_requests_total: {
    type: 'counter',
    help: 'Requests to the API',
    labels: ['method', 'route', 'status'],
  },
  intercom_sync_http_request_seconds: {
    type: 'histogram',
    help: 'Time to answer them, message streams left out',
    labels: ['method', 'route'],
    buckets: seconds,
  },
  intercom_sync_wrong_api_keys_total: {
    type: 'counter',
    help: 'Requests with an API key that is not known',
    labels: ['answer'],
  },
  intercom_sync_open_message_streams: {
    type: 'gauge',
    help: 'Responses that carry messages at present',
    labels: [],
  },
} as const satisfies Record<string, MetricEntry>
