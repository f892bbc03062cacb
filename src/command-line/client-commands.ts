import type { CommandForm } from './command-form.ts'

const serviceOptions = {
  url: { value: 'URL', summary: 'the service; else INTERCOM_SYNC_URL, the one of DATA_DIR, http://127.0.0.1:8080' },
  'allow-insecure-http': { summary: 'reach it by plain http beyond this machine' },
  json: { summary: 'print JSON, for programs' },
} as const
const { json: _, ...serviceOptionsOfMessages } = serviceOptions
const epoch = { value: 'EPOCH', summary: "the job's logEpoch: refuse another job that has got its id" } as const
const clientVariables = [
  'INTERCOM_SYNC_URL',
  'INTERCOM_SYNC_API_KEY',
  'DATA_DIR',
  'HTTPS_PROXY',
  'NODE_EXTRA_CA_CERTS',
] as const
const watchVariables = [...clientVariables, 'NO_COLOR'] as const
const unchecked = { summary: 'do not ask Intercom first whether it accepts the token' } as const
const references = `Texts in the file may hold \${NAME} (environment) and \${file:PATH} (a file's text).`
const outcome = 'exit code is that of the job: 0 succeeded, 1 failed, 3 cancelled; 4 when the service is away.'

/** What to sync. */
const syncOptions = {
  config: { value: 'FILE', summary: "the connector's config, JSON" },
  connection: { value: 'ID', summary: 'a connection of the service, in place of a config' },
  catalog: { value: 'FILE', summary: 'the configured catalog, JSON' },
  streams: { value: 'NAMES', summary: 'in place of a catalog, e.g. contacts,companies' },
  state: { value: 'FILE', summary: 'the states to continue from, JSON' },
} as const

/** The commands that ask a service. */
export const clientCommands = {
  estimate: {
    summary: 'tell how many rows a sync would read, with how many requests, before it runs',
    options: { ...syncOptions, ...serviceOptions },
    example: 'estimate --config config.json --streams contacts,companies',
    variables: clientVariables,
  },
  'jobs run': {
    summary: 'start a job',
    options: {
      ...syncOptions,
      'on-missing-permission': {
        value: 'fail|skip',
        summary: "what becomes of a stream that the token may not read (the connection's, else fail)",
      },
      join: { summary: 'take the job that the connection is running, if it does the same' },
      wait: { summary: 'show progress until the job has ended' },
      ...serviceOptions,
    },
    notes: [
      `With --wait the ${outcome}`,
      'Ctrl-C leaves the job running; "jobs cancel" ends it.',
      'Without --wait, 0 means that the job was started.',
    ],
    example: 'jobs run --config config.json --streams contacts,companies --wait',
    variables: watchVariables,
  },
  'jobs list': {
    summary: 'list jobs, newest first',
    options: {
      status: { value: 'STATUS', summary: 'pending, running, incomplete, succeeded, failed or cancelled' },
      connection: { value: 'ID', summary: 'only those of a connection' },
      limit: { value: 'N', summary: 'so many at most (20)' },
      ...serviceOptions,
    },
    example: 'jobs list --status failed',
    variables: clientVariables,
  },
  'jobs show': {
    summary: 'show a job and its streams',
    operands: ['JOB'],
    options: { epoch, ...serviceOptions },
    example: 'jobs show 17',
    variables: clientVariables,
  },
  'jobs messages': {
    summary: "print a job's messages as NDJSON, to its end, whatever breaks on the way",
    operands: ['JOB'],
    options: {
      after: { value: 'N', summary: 'leave out the first N, which you have already' },
      epoch,
      ...serviceOptionsOfMessages,
    },
    notes: [`The ${outcome}`, 'To go on with a file, give --after the number of its whole lines, and --epoch.'],
    example: 'jobs messages 17 > messages.ndjson',
    variables: clientVariables,
  },
  'jobs records': {
    summary: 'print the newest records of a stream from the log of a job, one a line',
    operands: ['JOB'],
    options: {
      stream: { value: 'NAME', summary: 'of which stream', isRequired: true },
      id: { value: 'KEY', summary: 'only records with this primary key; of several members: a JSON array' },
      limit: { value: 'N', summary: 'so many at most (20)' },
      epoch,
      ...serviceOptionsOfMessages,
    },
    example: 'jobs records 17 --stream contacts',
    variables: clientVariables,
  },
  'jobs cancel': {
    summary: 'cancel a job',
    operands: ['JOB'],
    options: { epoch, ...serviceOptions },
    example: 'jobs cancel 17',
    variables: clientVariables,
  },
  'jobs ack': {
    summary: 'say that you have stored so many messages of a job: its connection goes on after them',
    operands: ['JOB', 'OFFSET'],
    options: { epoch, ...serviceOptions },
    example: 'jobs ack 17 13000',
    variables: clientVariables,
  },
  'jobs delete-messages': {
    summary: 'delete the messages of a job that has ended, for good; the job itself stays',
    operands: ['JOB'],
    options: { epoch, ...serviceOptionsOfMessages },
    notes: ['Acknowledge them first (jobs ack): what was not, the next job of the connection delivers again.'],
    example: 'jobs delete-messages 17',
    variables: clientVariables,
  },
  'connections list': {
    summary: 'list the connections',
    options: serviceOptions,
    example: 'connections list',
    variables: clientVariables,
  },
  'connections show': {
    summary: 'show a connection; secrets are masked',
    operands: ['ID'],
    options: serviceOptions,
    example: 'connections show acme',
    variables: clientVariables,
  },
  'connections schedule': {
    summary: 'say when a connection syncs by itself; the rest of it stays',
    operands: ['ID'],
    options: {
      cron: { value: 'FIELDS', summary: 'at times of the clock: minute, hour, day, month, day of the week' },
      'time-zone': { value: 'ZONE', summary: 'of which clock, e.g. Europe/Berlin (UTC)' },
      every: { value: 'DURATION', summary: 'at equal distances, e.g. PT1H' },
      manual: { summary: 'never' },
      ack: {
        value: 'client|on_success',
        summary: 'who takes the messages: clients, or each job that succeeds (as it is)',
      },
      ...serviceOptions,
    },
    example: 'connections schedule acme --every PT6H',
    variables: clientVariables,
  },
  'connections pause': {
    summary: 'let a connection begin no more jobs by itself',
    operands: ['ID'],
    options: serviceOptions,
    example: 'connections pause acme',
    variables: clientVariables,
  },
  'connections resume': {
    summary: 'let a paused connection go on; what was due meanwhile is not made up for',
    operands: ['ID'],
    options: serviceOptions,
    example: 'connections resume acme',
    variables: clientVariables,
  },
  'connections deliveries': {
    summary: 'list what the webhooks of a connection were told, newest first',
    operands: ['ID'],
    options: {
      status: { value: 'STATUS', summary: 'pending, delivered or failed' },
      limit: { value: 'N', summary: 'so many at most (20)' },
      ...serviceOptions,
    },
    example: 'connections deliveries acme --status failed',
    variables: clientVariables,
  },
  'connections retry-delivery': {
    summary: 'send a message to a webhook once more, now',
    operands: ['ID', 'DELIVERY'],
    options: serviceOptions,
    example: 'connections retry-delivery acme msg_2KWPBgLlAfxdpx2AI54pPJ85f4W',
    variables: clientVariables,
  },
  'connections test-webhooks': {
    summary: 'send a test to each webhook of a connection',
    operands: ['ID'],
    options: serviceOptions,
    example: 'connections test-webhooks acme',
    variables: clientVariables,
  },
  'connections patch': {
    summary: 'change a part of a connection; what the file does not name stays',
    operands: ['ID', 'FILE'],
    options: { unchecked, ...serviceOptions },
    notes: ['FILE is a JSON merge patch, in JSON or YAML: null removes a member.', references],
    example: 'connections patch acme changes.yaml',
    variables: clientVariables,
  },
  'connections clone': {
    summary: 'make a connection like another one, without its state; one that has a schedule is paused',
    operands: ['ID', 'NEW'],
    options: { unchecked, ...serviceOptions },
    example: 'connections clone acme acme-2',
    variables: clientVariables,
  },
  'connections refresh': {
    summary: 'deliver the rows of a time once more; the state stays',
    operands: ['ID'],
    options: {
      streams: { value: 'NAMES', summary: 'of which streams, e.g. contacts,companies', isRequired: true },
      since: {
        value: 'TIME',
        summary: 'rows updated at this time and later, e.g. 2025-03-01T00:00:00Z',
        isRequired: true,
      },
      until: { value: 'TIME', summary: 'only rows updated before (all)' },
      wait: { summary: 'show progress until the job has ended' },
      ...serviceOptions,
    },
    notes: [`With --wait the ${outcome}`],
    example: 'connections refresh acme --streams contacts --since 2025-03-01T00:00:00Z',
    variables: watchVariables,
  },
  'connections authenticate': {
    summary: 'connect a connection by signing in at Intercom, or by an access token; a new one is made',
    operands: ['ID'],
    options: {
      region: { value: 'NAME', summary: "auto, us, eu or au: which of Intercom's hosts is asked (auto)" },
      'reset-state': { summary: 'begin anew, with whatever workspace you sign in to' },
      'no-browser': { summary: 'only print the page to open' },
      ...serviceOptions,
    },
    notes: [
      'The page shows a code after you have allowed access, which is asked for here.',
      'Where the service cannot sign anybody in, it asks for an access token instead.',
    ],
    example: 'connections authenticate acme',
    variables: clientVariables,
  },
  'connections diff': {
    summary: 'show what "connections apply" would change; secrets are masked',
    operands: ['FILE'],
    options: serviceOptions,
    notes: ['The exit code is 0 when nothing would change, 1 when something would, and 2 when that is not known.'],
    example: 'connections diff connections.yaml',
    variables: clientVariables,
  },
  'connections apply': {
    summary: 'make and change the connections of a YAML file; others are left alone',
    operands: ['FILE'],
    options: { unchecked, ...serviceOptions },
    notes: [references],
    example: 'connections apply connections.yaml',
    variables: clientVariables,
  },
  watch: {
    summary: 'show how far a job is, until it has ended',
    operands: ['JOB'],
    options: { epoch, ...serviceOptions },
    notes: [
      'Bars on stderr where it is a terminal, else a line every 30 s. Ctrl-C leaves the job running.',
      `The ${outcome}`,
    ],
    example: 'watch 17',
    variables: watchVariables,
  },
} as const satisfies Record<string, CommandForm>

export type ClientCommandName = keyof typeof clientCommands
