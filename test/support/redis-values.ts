import type { Redis } from 'ioredis'

/** Every value of every key as Redis returns it; in the file they might be hidden by compression or encoding. */
export async function allValues(redis: Redis): Promise<string> {
  const texts: string[] = []
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    if (type === 'string') texts.push((await redis.getBuffer(key))?.toString('latin1') ?? '')
    if (type === 'hash') texts.push(JSON.stringify(await redis.hgetall(key)))
    if (type === 'zset') texts.push((await redis.zrange(key, '0', '-1')).join())
    if (type === 'stream') {
      for (const [id, fields] of await redis.xrangeBuffer(key, '-', '+')) {
        texts.push(id.toString(), ...fields.map((field) => field.toString('latin1')))
      }
    }
    texts.push(key)
  }
  return texts.join('\n')
}
