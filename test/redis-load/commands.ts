import type { StoreClient } from '../../src/store/keys.ts'

/** CPU seconds that Redis has used since it started. */
export async function readCpuSeconds(redis: StoreClient): Promise<number> {
  const cpu = await redis.info('cpu')
  return figure(cpu, 'used_cpu_user') + figure(cpu, 'used_cpu_sys')
}

const figure = (text: string, name: string) => Number(text.match(new RegExp(`^${name}:([\\d.]+)`, 'm'))?.[1])

/** A command that took Redis long. */
export interface SlowCommand {
  ms: number
  /** Its first words, without what may be data of somebody. */
  command: string
}

/** Has Redis note each command that takes longer. */
export async function noteSlowCommands(redis: StoreClient, ms: number): Promise<void> {
  await redis.config('SET', 'slowlog-log-slower-than', String(ms * 1000))
  await redis.config('SET', 'slowlog-max-len', '10000')
  await redis.slowlog('RESET')
}

/** The commands that were noted, the slowest first. */
export async function readSlowCommands(redis: StoreClient): Promise<SlowCommand[]> {
  const noted = (await redis.slowlog('GET', 10_000)) as [id: number, at: number, us: number, words: string[]][]
  return noted
    .map(([, , us, [name = '', first = '', , key = '']]) => ({ ms: us / 1000, command: tell(name, first, key) }))
    .sort((one, other) => other.ms - one.ms)
}

const tell = (name: string, first: string, key: string) =>
  /^eval/i.test(name) ? `${name} ${first.slice(0, 60)} ${key.slice(0, 60)}` : `${name} ${first.slice(0, 60)}`
