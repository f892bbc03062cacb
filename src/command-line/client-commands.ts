import type { CommandForm } from './command-form.ts'
import { connectionCommands } from './connection-commands.ts'
import {
  clientVariables,
  epoch,
  outcome,
  serviceOptions,
  serviceOptionsOfMessages,
  watchVariables,
} from './service-options.ts'

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
      parent: { value: 'ID', summary: 'only records that belong to this one, e.g. the parts of a conversation' },
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
  ...connectionCommands,
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
