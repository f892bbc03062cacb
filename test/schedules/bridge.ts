import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { readOverHttp } from '../../src/connector/bridge/read.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import type { Losses } from './losses.ts'
import type { Service } from './service.ts'
import { stateLine, statesAmong, streamOf } from './stored-states.ts'

export interface BridgeOptions {
  service: Service
  losses: Losses
  tenant: string
  /** Token or connection. */
  access: object
  streams: readonly string[]
  /** Streams that go on from a state. */
  incremental: readonly string[]
}

/** One process of the bridge. */
interface Run {
  signal: AbortController
  wire: Wire
  /** `done`, `failed`, or the code of what it ended with. */
  ended: Promise<string>
  /** What is printed after it was killed is read by nobody. */
  isKilled: boolean
  hasEnded: boolean
  log: PrintedLog
  /** How often Redis had been another one, and files had been damaged, when it was started. */
  lossesBefore: number
}

/** What a process has printed. */
export interface PrintedLog {
  lines: string[]
  /** Messages were lost meanwhile: it went on from its last states, with another job. */
  mayRepeat: boolean
}

/** Codes a sync may end with where processes and Redis are replaced; the platform then tries again. */
const expected = new Set([
  'done',
  'connection_busy',
  'service_unavailable',
  // A minute of the bridge is two seconds here: a busy machine takes longer to bring Redis or a process back.
  'store_unavailable',
  'shutting_down',
  'no_worker',
  'killed',
])

/** A bridge and the platform that starts it: what it prints is stored, and the next one goes on from the last states. */
export class Bridge {
  readonly logs: PrintedLog[] = []
  readonly faults: string[] = []
  readonly #options: BridgeOptions
  readonly #news = new EventEmitter()
  #run: Run | undefined

  constructor(options: BridgeOptions) {
    this.#options = options
  }

  /** Starts it, unless it runs. */
  async launch(): Promise<void> {
    if (this.#run && !this.#run.hasEnded) return
    if (this.#run) await this.#conclude(this.#run)
    const { service, losses, tenant, access, streams } = this.#options
    const wire = await openWire(service.port)
    const signal = new AbortController()
    let rest = ''
    const run: Run = {
      signal,
      wire,
      ended: Promise.resolve(''),
      isKilled: false,
      hasEnded: false,
      log: { lines: [], mayRepeat: false },
      lossesBefore: losses.count + losses.damages,
    }
    const write = async (piece: Uint8Array | string) => {
      if (run.isKilled) return
      const pieces = (rest + Buffer.from(piece).toString()).split('\n')
      rest = pieces.pop() ?? ''
      run.log.lines.push(...pieces.filter((line) => line !== ''))
      this.#news.emit('news')
    }
    const state = this.#states()
    this.logs.push(run.log)
    run.ended = readOverHttp({
      inputs: {
        config: { service_url: `http://127.0.0.1:${wire.port}`, service_api_key: service.keyOf(tenant), ...access },
        catalog: configuredCatalog([...streams]),
        ...(state.length > 0 && { state }),
      },
      output: { write },
      note: () => undefined,
      clock: service.clock,
      random: Math.random,
      signal: signal.signal,
    })
      .catch((error: { code?: string; message?: string }) => error.code ?? String(error.message))
      .finally(() => {
        run.hasEnded = true
        wire.close()
        this.#news.emit('news')
      })
    this.#run = run
  }

  /** Waits until so many lines more are printed, or it has ended. */
  async await(lines: number): Promise<void> {
    const run = this.#run
    if (!run) return
    const wanted = run.log.lines.length + lines
    while (!run.hasEnded && run.log.lines.length < wanted) await once(this.#news, 'news')
    if (run.hasEnded) await this.#conclude(run)
  }

  /** SIGKILL: the service hears nothing more of it. */
  kill(): void {
    if (!this.#run || this.#run.hasEnded) return
    const run = this.#run
    this.#close(run)
    run.isKilled = true
    run.wire.close()
    run.signal.abort(Object.assign(new Error('killed'), { code: 'killed' }))
  }

  /** SIGTERM: it cancels its job and ends. */
  async stop(): Promise<void> {
    const run = this.#run
    if (!run || run.hasEnded) return
    run.signal.abort(Object.assign(new Error('killed'), { code: 'killed' }))
    await this.#conclude(run)
  }

  /** Syncs until one ends well, as a platform does. */
  async syncToEnd(): Promise<void> {
    if (this.#run) await this.#conclude(this.#run)
    for (let attempt = 0; attempt < 5; attempt++) {
      await this.launch()
      if (this.#run && (await this.#conclude(this.#run)) === 'done') return
    }
    this.faults.push('five attempts in a row did not end well')
  }

  /** What a platform has stored once a process has ended: nothing behind its last state. */
  get stored(): string[] {
    return this.logs.flatMap(({ lines }) =>
      lines.slice(0, 1 + lines.findLastIndex((line) => line.startsWith(stateLine))),
    )
  }

  #states(): object[] {
    return statesAmong(this.stored).filter((state) => this.#options.incremental.includes(streamOf(state)))
  }

  #close(run: Run): void {
    const { count, damages } = this.#options.losses
    run.log.mayRepeat = count + damages > run.lossesBefore
    this.#run = undefined
  }

  async #conclude(run: Run): Promise<string> {
    const end = await run.ended
    this.#close(run)
    const mayLose = end === 'messages_lost' && run.log.mayRepeat
    if (!expected.has(end) && !mayLose) this.faults.push(`a bridge ended with ${end}`)
    return end
  }
}

/** A port in front of the service, whose connections break when the process behind them is killed. */
interface Wire {
  port: number
  close(): void
}

async function openWire(target: number): Promise<Wire> {
  const open = new Set<Socket>()
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const end of [client, upstream]) {
      open.add(end)
      end.on('error', () => undefined)
      end.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const end of open) end.destroy()
      server.close()
    },
  }
}
