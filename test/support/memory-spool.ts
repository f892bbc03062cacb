import type { Spool } from '../../src/sync/contract/spool.ts'

/** Pages of a scroll in memory: a file would take real time, and a history has none. */
export async function createMemorySpool(): Promise<Spool> {
  const held: Buffer[] = []
  let closed: { error?: unknown } | undefined
  let wake: () => void = () => undefined
  return {
    async append(page) {
      held.push(page)
      wake()
    },
    close(error) {
      closed ??= error === undefined ? {} : { error }
      wake()
    },
    async *pages() {
      for (let place = 0; ; place++) {
        while (place >= held.length) {
          if (closed && 'error' in closed) throw closed.error
          if (closed) return
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        const page = held[place]
        if (page) yield page
      }
    },
    async dispose() {
      held.length = 0
    },
  }
}
