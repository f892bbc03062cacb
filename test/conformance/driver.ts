/** One way to run the connector: every point of the suite is held against each of them. */
export interface Driver {
  name: string
  spec(): Promise<Run>
  check(config: object): Promise<Run>
  discover(config: object): Promise<Run>
  read(inputs: ReadInputs): Promise<Run>
}

export interface ReadInputs {
  config: object
  /** A ConfiguredAirbyteCatalog. */
  catalog: object
  /** Airbyte state messages. @defaultValue none */
  state?: readonly unknown[]
}

/** What one run has given. */
export interface Run {
  /** `succeeded`: exit code 0, a job that succeeded, or an answer with status 200. */
  end: 'succeeded' | 'failed'
  messages: Message[]
  /** The text of each message, without its line feed. */
  lines: string[]
  /** Over HTTP: the error that a request was refused with, before there was a message. */
  problem?: { code: string; detail: string }
}

/** An Airbyte message, as far as the points look into it. */
export interface Message {
  type: string
  record?: { stream: string; data: Record<string, unknown>; emitted_at: number }
  state?: {
    type: string
    stream: { stream_descriptor: { name: string }; stream_state: Record<string, unknown> | null }
    sourceStats?: { recordCount: number }
  }
  log?: { level: string; message: string }
  spec?: { connectionSpecification: Record<string, unknown>; advanced_auth?: Record<string, unknown> }
  connectionStatus?: { status: string; message?: string }
  catalog?: { streams: DiscoveredStream[] }
  trace?: {
    type: string
    stream_status?: { stream_descriptor: { name: string }; status: string }
    error?: { message: string; failure_type?: string; stream_descriptor?: { name: string } }
  }
}

export interface DiscoveredStream {
  name: string
  json_schema: Record<string, unknown>
  supported_sync_modes: string[]
  source_defined_primary_key?: string[][]
  source_defined_cursor?: boolean
  default_cursor_field?: string[]
  is_resumable?: boolean
}

/** @throws Error when the last line has no line feed, or one is not JSON */
export function readRun(end: Run['end'], output: string): Run {
  if (output !== '' && !output.endsWith('\n')) throw new Error(`a line was cut: ${output.slice(-200)}`)
  const lines = output.split('\n').slice(0, -1)
  return { end, lines, messages: lines.map((line) => JSON.parse(line) as Message) }
}
