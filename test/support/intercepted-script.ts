import type { StoreClient } from '../../src/store/keys.ts'

/**
 * A connection on which calls of one script go through a function.
 *
 * @param command as the script is defined, e.g. syncMoveEntries
 * @param around gets what makes the call, and returns its reply or another
 */
export function interceptScript(
  redis: StoreClient,
  command: string,
  around: (call: () => Promise<unknown>) => Promise<unknown>,
): StoreClient {
  return new Proxy(redis, {
    get(client, name) {
      const value = Reflect.get(client, name)
      if (typeof value !== 'function') return value
      if (name !== command) return value.bind(client)
      return (...values: unknown[]) => around(() => value.apply(client, values))
    },
  })
}
