import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCompiled } from '../../test/support/processes.ts'
import type { LimitCell } from './cells.ts'

/** A request as the simulator has noted it. */
export interface NotedRequest {
  /** Ms since the epoch. */
  time: number
  status: number
  route: string
}

export interface CellReading {
  requests: readonly NotedRequest[]
  records: number
  /** From the first request on. */
  firstRecordMs: number
  seconds: number
}

const command = fileURLToPath(new URL('../../../bin/intercom-sync', import.meta.url))

/** Reads a cell's streams once with the connector. Simulator and connector are processes of their own. */
export async function readCell({ streams, limit, latencyMs, workspace }: LimitCell): Promise<CellReading> {
  const closers: (() => unknown)[] = []
  try {
    const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-bench-'))
    closers.push(() => rmSync(folder, { recursive: true, force: true }))
    const flags = ['--port', '0', '--rate-limit', String(limit), '--latency', String(latencyMs), ...workspace]
    const simulator = runCompiled({ teardown: (close) => closers.push(close) }, 'simulator/main.js', flags)
    const { listening } = JSON.parse(await simulator.untilLine(/listening/)) as { listening: string }
    const { records, firstRecordAt, endedAt } = await runConnector(folder, listening, streams)
    const noted = (await (await fetch(`${listening}/_simulator/requests`)).json()) as { requests: NotedRequest[] }
    const begunAt = noted.requests[0]?.time ?? Number.NaN
    return {
      requests: noted.requests,
      records,
      firstRecordMs: firstRecordAt - begunAt,
      seconds: (endedAt - begunAt) / 1000,
    }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

async function runConnector(folder: string, intercom: string, streams: readonly string[]) {
  const config = { access_token: 'simulator-token', start_date: '2010-01-01T00:00:00Z' }
  const catalog = {
    streams: streams.map((name) => ({
      stream: { name, json_schema: {}, supported_sync_modes: ['full_refresh', 'incremental'] },
      sync_mode: 'incremental',
      destination_sync_mode: 'append',
    })),
  }
  const files = Object.entries({ config, catalog }).flatMap(([name, content]) => {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(content))
    return [`--${name}`, join(folder, `${name}.json`)]
  })
  const child = spawn(process.execPath, [command, 'read', ...files], {
    env: { PATH: process.env.PATH, INTERCOM_BASE_URL: intercom },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const type = Buffer.from('"type":"RECORD"')
  let firstRecordAt = Number.NaN
  let records = 0
  child.stdout.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(type); at !== -1; at = chunk.indexOf(type, at + type.length)) records++
    if (records > 0 && Number.isNaN(firstRecordAt)) firstRecordAt = Date.now()
  })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`the connector ended with ${code}`)
  return { records, firstRecordAt, endedAt: Date.now() }
}
