import type { Redis } from 'ioredis'

/** Bytes are base64, so that sealed blobs stay what they are. */
type Value =
  | { type: 'string'; value: string }
  | { type: 'hash'; value: Record<string, string> }
  | { type: 'list'; value: string[] }
  | { type: 'zset'; value: Record<string, number> }
  | { type: 'stream'; value: { id: string; fields: Record<string, string> }[] }

/** What a Redis holds, by key; without when it expires. Unlike a dump it is the same for every version of Redis. */
export type RedisImage = Record<string, Value>

/** What lives for minutes at most, and BullMQ's own keys: the reconciler adds jobs to the queue that it does not know. */
const passing = /^intercom-sync:(\{queue\}|\{workers\}|\{budget\}|scroll-lease)/

export async function readImage(redis: Redis): Promise<RedisImage> {
  const keys = (await redis.keys('*')).filter((key) => !passing.test(key)).toSorted()
  const image: RedisImage = {}
  for (const key of keys) image[key] = await readValue(redis, key)
  return image
}

async function readValue(redis: Redis, key: string): Promise<Value> {
  const type = await redis.type(key)
  if (type === 'string') return { type, value: encode((await redis.getBuffer(key)) ?? Buffer.alloc(0)) }
  if (type === 'hash') return { type, value: sorted(await redis.hgetall(key)) }
  if (type === 'list') return { type, value: await redis.lrange(key, 0, -1) }
  if (type === 'zset') {
    const members = await redis.zrange(key, '0', '-1')
    const scores = await Promise.all(members.map((member) => redis.zscore(key, member)))
    return { type, value: Object.fromEntries(members.map((member, place) => [member, Number(scores[place])])) }
  }
  if (type === 'stream') {
    const entries = await redis.xrangeBuffer(key, '-', '+')
    return { type, value: entries.map(([id, fields]) => ({ id: id.toString(), fields: pairs(fields) })) }
  }
  throw new Error(`${key} is of type ${type}, which no image holds`)
}

function pairs(fields: Buffer[]): Record<string, string> {
  const names = fields.filter((_, place) => place % 2 === 0)
  return Object.fromEntries(names.map((name, place) => [name.toString(), encode(fields[2 * place + 1] ?? name)]))
}

const sorted = (hash: Record<string, string>) =>
  Object.fromEntries(Object.entries(hash).toSorted(([one], [other]) => (one < other ? -1 : 1)))

export async function writeImage(redis: Redis, image: RedisImage): Promise<void> {
  for (const [key, { type, value }] of Object.entries(image)) {
    if (type === 'string') await redis.set(key, decode(value))
    if (type === 'hash') await redis.hset(key, value)
    if (type === 'list') await redis.rpush(key, ...value)
    if (type === 'zset') for (const [member, score] of Object.entries(value)) await redis.zadd(key, score, member)
    if (type === 'stream')
      for (const { id, fields } of value)
        await redis.xadd(key, id, ...Object.entries(fields).flatMap(([name, bytes]) => [name, decode(bytes)]))
  }
}

const encode = (bytes: Buffer) => bytes.toString('base64')
const decode = (text: string) => Buffer.from(text, 'base64')
