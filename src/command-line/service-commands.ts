import type { CommandForm } from './command-form.ts'

const platformOptions = { debug: { summary: 'accepted, because platforms send it; nothing more is printed' } } as const
const config = { value: 'FILE', summary: "the connector's config, JSON", isRequired: true } as const

/** The commands that run on their own: the service, its data, and Airbyte's connector interface. */
export const serviceCommands = {
  serve: {
    summary: 'run the service; both roles unless one is named',
    options: {
      api: { summary: 'answer HTTP' },
      worker: { summary: 'work on jobs' },
      'with-parent': { summary: 'end when the process that started it is gone' },
    },
    shown: ['api', 'worker'],
    notes: ['With REDIS_URL, or a HOST beyond this machine, API_KEYS and ENCRYPTION_KEYS are needed.'],
    example: 'serve',
    variables: [
      'HOST',
      'PORT',
      'METRICS_PORT',
      'PUBLIC_URL',
      'TRUST_PROXY',
      'CORS_ORIGINS',
      'REDIS_URL',
      'REDIS_PREFIX',
      'REDIS_TLS_CA_FILE',
      'REDIS_TLS_CERT_FILE',
      'REDIS_TLS_SERVER_NAME',
      'REDIS_SENTINELS',
      'REDIS_SENTINEL_USERNAME',
      'REDIS_SENTINEL_PASSWORD',
      'DATA_DIR',
      'API_KEYS',
      'ENCRYPTION_KEYS',
      'INTERCOM_BASE_URL',
      'WORKER_CONCURRENCY',
      'JOB_RETENTION_HOURS',
      'LOG_LIMIT_BYTES',
      'LOG_WINDOW_BYTES',
      'LOG_TOTAL_BYTES',
      'DATA_DIR_BYTES',
      'LOG_LEVEL',
      'HTTPS_PROXY',
      'NODE_EXTRA_CA_CERTS',
      'TMPDIR',
    ],
  },
  backup: {
    summary: 'copy what is in DATA_DIR, also while the service runs',
    operands: ['FOLDER'],
    example: 'backup backup-of-today',
    variables: ['DATA_DIR', 'ENCRYPTION_KEYS', 'REDIS_URL'],
  },
  restore: {
    summary: 'put such a copy back; what is there is moved aside',
    operands: ['FOLDER'],
    notes: ['The service must not run.'],
    example: 'restore backup-of-today',
    variables: ['DATA_DIR', 'REDIS_URL'],
  },
  spec: {
    summary: 'print which config the connector takes',
    options: platformOptions,
    example: 'spec',
  },
  check: {
    summary: 'try a config: is the token good, which streams can be read',
    options: { config, ...platformOptions },
    example: 'check --config config.json',
    variables: ['INTERCOM_BASE_URL', 'HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS'],
  },
  discover: {
    summary: 'list the streams',
    options: { config, ...platformOptions },
    example: 'discover --config config.json',
    variables: ['INTERCOM_BASE_URL', 'HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS'],
  },
  read: {
    summary: 'read streams; messages on stdout, progress and logs on stderr',
    options: {
      config,
      catalog: { value: 'FILE', summary: 'the configured catalog, JSON', isRequired: true },
      state: { value: 'FILE', summary: 'the states to continue from, JSON' },
      ...platformOptions,
    },
    notes: ['With service_url in the config a service does the work.'],
    example: 'read --config config.json --catalog catalog.json > messages.ndjson',
    variables: [
      'INTERCOM_BASE_URL',
      'HTTPS_PROXY',
      'NODE_EXTRA_CA_CERTS',
      'TMPDIR',
      'WORKER_JOB_ID',
      'WORKER_JOB_ATTEMPT',
      'NO_COLOR',
    ],
  },
} as const satisfies Record<string, CommandForm>
