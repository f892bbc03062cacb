/** Environment variables, with what the help says about each. */
export const variables = {
  HOST: 'address to listen on (127.0.0.1)',
  PORT: 'port to listen on (8080); 0 takes a free one',
  METRICS_PORT: 'port for metrics and health, in every role',
  REDIS_URL: 'redis:// or rediss://; without it the service starts its own Redis',
  DATA_DIR: 'where the Redis of the service keeps its data (./data)',
  API_KEYS: 'tenant:key, several; or a file in API_KEYS_FILE',
  ENCRYPTION_KEYS: 'id:base64 of 32 bytes, several; or a file in ENCRYPTION_KEYS_FILE',
  INTERCOM_BASE_URL: 'where Intercom is, e.g. the simulator',
  WORKER_CONCURRENCY: 'jobs at a time in one worker process (10)',
  JOB_RETENTION_HOURS: 'how long messages are kept (24)',
  LOG_LIMIT_BYTES: 'bytes of compressed messages one job may keep in Redis (256 MiB)',
  LOG_WINDOW_BYTES: 'bytes of them after which the oldest are moved to DATA_DIR, if all processes share it (32 MiB)',
  LOG_TOTAL_BYTES: 'bytes of compressed messages that all jobs may keep in Redis (2 GiB)',
  DATA_DIR_BYTES: 'bytes of long logs in DATA_DIR (32 GiB)',
  LOG_LEVEL: 'fatal, error, warn, info, debug, trace, silent (info)',
  WORKER_JOB_ID: "the platform's job; a read through a service that is started twice for it gets one job",
  WORKER_JOB_ATTEMPT: "the number of that job's attempt",
  INTERCOM_SYNC_URL: 'address of the service',
  INTERCOM_SYNC_API_KEY: 'API key of the service',
  NO_COLOR: 'no colours, whatever the terminal can do',
} as const

export type VariableName = keyof typeof variables
