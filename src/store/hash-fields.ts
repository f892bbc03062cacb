import { storeAnswer } from './availability.ts'
import type { StoreClient } from './keys.ts'

/** Some fields of a hash; those that it does not have are left out. */
export async function readFields(
  redis: StoreClient,
  key: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const values = await storeAnswer(redis.hmget(key, ...names))
  const fields: Record<string, string> = {}
  for (const [place, name] of names.entries()) {
    const value = values[place]
    if (value !== null && value !== undefined) fields[name] = value
  }
  return fields
}
