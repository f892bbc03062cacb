import type { components } from './schema.ts'

export type Job = components['schemas']['Job']
export type JobStream = Job['streams'][number]
export type JobStatus = Job['status']
export type Connection = components['schemas']['Connection']
export type Schedule = NonNullable<Connection['schedule']>
export type StreamList = components['schemas']['StreamList']
export type StreamName = Extract<StreamList[number], string>
export type Delivery = components['schemas']['Delivery']
export type Estimate = components['schemas']['Estimate']
export type RecordPage = components['schemas']['RecordPage']
export type SignIn = components['schemas']['SignIn']
export type CheckAnswer = components['schemas']['ConnectionStatusMessage']
export type SourceConfig = components['schemas']['SourceConfig']

export type ApiVersion = NonNullable<SourceConfig['api_version']>

/** Whether nothing about the job changes any more. */
export function hasEnded(status: JobStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled'
}
