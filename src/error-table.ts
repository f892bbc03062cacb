/** Airbyte's failure types: the user must fix it, it passes by itself, or it is our fault. */
export type FailureType = 'config_error' | 'transient_error' | 'system_error'

interface ErrorEntry {
  /** HTTP status when the error answers a request. */
  status: number
  /** `failure_type` when the error ends a job. */
  failureType: FailureType
  /** Whether a later attempt at the same work can succeed without anybody changing anything. */
  retryable: boolean
  /** One sentence that is true for every error with this code; the `title` of the problem document. */
  title: string
}

/** Every error that this product can show, in HTTP answers, jobs and TRACE messages. `docs/errors.md` explains each. */
export const errorTable = {
  invalid_request: { status: 400, failureType: 'config_error', retryable: false, title: 'The request is not valid' },
  half_closed: {
    status: 400,
    failureType: 'config_error',
    retryable: false,
    title: 'The client has closed its half of the connection',
  },
  malformed_json: { status: 400, failureType: 'config_error', retryable: false, title: 'The body is not JSON' },
  not_http: { status: 400, failureType: 'config_error', retryable: false, title: 'The request is not HTTP' },
  unauthorized: { status: 401, failureType: 'config_error', retryable: false, title: 'A valid API key is needed' },
  confirmation_code_wrong: { status: 403, failureType: 'config_error', retryable: false, title: 'The code is wrong' },
  consent_denied: { status: 403, failureType: 'config_error', retryable: false, title: 'Nobody gave access' },
  origin_not_allowed: {
    status: 403,
    failureType: 'config_error',
    retryable: false,
    title: 'Pages of this origin may not call the service',
  },
  route_not_found: { status: 404, failureType: 'config_error', retryable: false, title: 'There is no such resource' },
  job_not_found: { status: 404, failureType: 'config_error', retryable: false, title: 'There is no such job' },
  connection_not_found: {
    status: 404,
    failureType: 'config_error',
    retryable: false,
    title: 'There is no such connection',
  },
  delivery_not_found: {
    status: 404,
    failureType: 'config_error',
    retryable: false,
    title: 'There is no such delivery',
  },
  sign_in_not_found: { status: 404, failureType: 'config_error', retryable: false, title: 'There is no such sign-in' },
  not_acceptable: {
    status: 406,
    failureType: 'config_error',
    retryable: false,
    title: 'None of the accepted media types is offered',
  },
  request_timeout: {
    status: 408,
    failureType: 'transient_error',
    retryable: true,
    title: 'The request took too long to arrive',
  },
  job_ended: { status: 409, failureType: 'config_error', retryable: false, title: 'The job has already ended' },
  connection_busy: {
    status: 409,
    failureType: 'transient_error',
    retryable: true,
    title: 'A job of the connection has not ended',
  },
  sign_in_pending: { status: 409, failureType: 'transient_error', retryable: true, title: 'Access is not given yet' },
  sign_in_over: { status: 409, failureType: 'config_error', retryable: false, title: 'The sign-in is over' },
  connection_exists: { status: 409, failureType: 'config_error', retryable: false, title: 'The id is taken' },
  ack_superseded: {
    status: 409,
    failureType: 'config_error',
    retryable: false,
    title: 'The state of the connection no longer follows this job',
  },
  job_running: { status: 409, failureType: 'transient_error', retryable: true, title: 'The job has not ended yet' },
  log_rewound: {
    status: 409,
    failureType: 'transient_error',
    retryable: false,
    title: 'The message log has gone back in time since it was last read',
  },
  sign_in_expired: { status: 410, failureType: 'config_error', retryable: false, title: 'The sign-in took too long' },
  log_gone: {
    status: 410,
    failureType: 'config_error',
    retryable: false,
    title: 'The messages of this job are no longer kept',
  },
  log_damaged: { status: 410, failureType: 'system_error', retryable: false, title: 'Messages of this job are lost' },
  body_too_large: { status: 413, failureType: 'config_error', retryable: false, title: 'The body is too large' },
  unsupported_media_type: {
    status: 415,
    failureType: 'config_error',
    retryable: false,
    title: 'The body must be application/json',
  },
  offset_out_of_range: {
    status: 416,
    failureType: 'config_error',
    retryable: false,
    title: 'The offset lies beyond the end of the message log',
  },
  host_not_allowed: {
    status: 421,
    failureType: 'config_error',
    retryable: false,
    title: 'The service does not answer under this name',
  },
  idempotency_key_reused: {
    status: 422,
    failureType: 'config_error',
    retryable: false,
    title: 'The Idempotency-Key was sent before with another body',
  },
  check_failed: { status: 422, failureType: 'config_error', retryable: false, title: 'Intercom refuses the config' },
  too_many_readers: {
    status: 429,
    failureType: 'transient_error',
    retryable: true,
    title: 'Too many message streams of one API key',
  },
  too_many_requests: { status: 429, failureType: 'transient_error', retryable: true, title: 'Too many requests' },
  http_version_too_old: {
    status: 426,
    failureType: 'config_error',
    retryable: false,
    title: 'A job can be followed over HTTP/1.1 only',
  },
  headers_too_large: { status: 431, failureType: 'config_error', retryable: false, title: 'The headers are too large' },
  internal_error: { status: 500, failureType: 'system_error', retryable: true, title: 'Something went wrong here' },
  data_unreadable: { status: 500, failureType: 'system_error', retryable: true, title: 'Stored data cannot be read' },
  seal_broken: { status: 500, failureType: 'system_error', retryable: true, title: 'Stored data cannot be decrypted' },
  store_unavailable: { status: 503, failureType: 'transient_error', retryable: true, title: 'Redis cannot serve now' },
  shutting_down: {
    status: 503,
    failureType: 'transient_error',
    retryable: true,
    title: 'The service is shutting down',
  },
  overloaded: { status: 503, failureType: 'transient_error', retryable: true, title: 'The service is overloaded' },
  intercom_unavailable: {
    status: 503,
    failureType: 'transient_error',
    retryable: true,
    title: 'Intercom cannot be reached or keeps failing',
  },
  proxy_refused: {
    status: 502,
    failureType: 'config_error',
    retryable: false,
    title: 'The proxy does not accept the user and the password',
  },
  oauth_not_configured: { status: 501, failureType: 'config_error', retryable: false, title: 'No sign-in is set up' },
  oauth_code_refused: { status: 400, failureType: 'config_error', retryable: false, title: 'The code is refused' },
  oauth_client_refused: { status: 502, failureType: 'config_error', retryable: false, title: 'The client is refused' },
  intercom_protocol: {
    status: 502,
    failureType: 'transient_error',
    retryable: true,
    title: 'Intercom answered something that cannot be read',
  },
  intercom_rejected: {
    status: 502,
    failureType: 'system_error',
    retryable: false,
    title: 'Intercom refused a request',
  },
  intercom_loop: {
    status: 502,
    failureType: 'transient_error',
    retryable: true,
    title: 'Intercom keeps returning the same pages',
  },
  token_invalid: {
    status: 400,
    failureType: 'config_error',
    retryable: false,
    title: 'Intercom does not accept the access token',
  },
  scope_missing: {
    status: 400,
    failureType: 'config_error',
    retryable: false,
    title: 'The access token lacks a permission',
  },
  stream_unavailable: { status: 400, failureType: 'config_error', retryable: false, title: 'There is no such list' },
  unknown_stream: {
    status: 400,
    failureType: 'config_error',
    retryable: false,
    title: 'The catalog names a stream that is not here',
  },
  workspace_changed: { status: 409, failureType: 'config_error', retryable: false, title: 'Another workspace' },
  records_unreadable: {
    status: 502,
    failureType: 'transient_error',
    retryable: false,
    title: 'Intercom keeps failing over some records',
  },
  streams_incomplete: {
    status: 500,
    failureType: 'transient_error',
    retryable: false,
    title: 'Some streams did not complete',
  },
  log_full: { status: 507, failureType: 'system_error', retryable: false, title: 'The log of the job is full' },
  storage_full: { status: 507, failureType: 'system_error', retryable: true, title: 'No room for another job' },
  spool_failed: {
    status: 507,
    failureType: 'system_error',
    retryable: false,
    title: 'The temporary folder cannot be used',
  },
  no_progress: {
    status: 500,
    failureType: 'transient_error',
    retryable: false,
    title: 'Attempts in a row ended without any progress',
  },
  no_worker: { status: 503, failureType: 'transient_error', retryable: false, title: 'No worker process is running' },
  attempt_lost: { status: 500, failureType: 'system_error', retryable: false, title: 'The queue gave up on the job' },
  service_unavailable: {
    status: 503,
    failureType: 'transient_error',
    retryable: true,
    title: 'The service cannot be reached or keeps failing',
  },
  gateway_refused: {
    status: 502,
    failureType: 'config_error',
    retryable: false,
    title: 'Something between here and the service refuses the request',
  },
  messages_lost: {
    status: 410,
    failureType: 'transient_error',
    retryable: false,
    title: 'Messages of the sync were lost on the way',
  },
  job_cancelled: { status: 409, failureType: 'transient_error', retryable: false, title: 'The job was cancelled' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable
