/** Environment variables, with what the help says about each. */
export const variables = {
  HOST: 'address to listen on (127.0.0.1)',
  PORT: 'port to listen on (8080); 0 takes a free one',
  METRICS_PORT: 'port for metrics and health, in every role',
  REDIS_URL: 'redis:// or rediss://, or a file in REDIS_URL_FILE; without it the service starts its own Redis',
  REDIS_PREFIX: 'what its keys and channels begin with (intercom-sync)',
  REDIS_TLS_CA_FILE: 'for rediss://: the authority that the certificate of Redis is from',
  REDIS_TLS_CERT_FILE: 'for rediss://: a certificate of this service, with REDIS_TLS_KEY_FILE',
  REDIS_TLS_SERVER_NAME: 'for rediss://: the name that the certificate of Redis is for',
  REDIS_SENTINELS: 'host:port, several; REDIS_URL then has the name of the primary as its host',
  REDIS_SENTINEL_USERNAME: 'user of the Sentinels',
  REDIS_SENTINEL_PASSWORD: 'password of the Sentinels, or a file in REDIS_SENTINEL_PASSWORD_FILE',
  DATA_DIR: 'where the Redis of the service keeps its data (./data)',
  API_KEYS: 'tenant:key, several; or a file in API_KEYS_FILE',
  ENCRYPTION_KEYS: 'id:base64 of 32 bytes, several; or a file in ENCRYPTION_KEYS_FILE',
  INTERCOM_BASE_URL: 'where Intercom is, e.g. the simulator',
  WORKER_CONCURRENCY: 'jobs at a time in one worker process (10)',
  JOB_RETENTION_HOURS: 'how long messages are kept (24)',
  LOG_LIMIT_BYTES: 'bytes of compressed messages one job may keep (256 MiB)',
  LOG_LEVEL: 'fatal, error, warn, info, debug, trace, silent (info)',
  WORKER_JOB_ID: "the platform's job; a read through a service that is started twice for it gets one job",
  WORKER_JOB_ATTEMPT: "the number of that job's attempt",
  INTERCOM_SYNC_URL: 'address of the service',
  INTERCOM_SYNC_API_KEY: 'API key of the service',
  NO_COLOR: 'no colours, whatever the terminal can do',
} as const

export type VariableName = keyof typeof variables
