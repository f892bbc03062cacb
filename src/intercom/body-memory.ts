/** What the bodies of answers take while they are read, all together. */
interface BodyMemory {
  /** A body of which nothing has come yet. */
  open(): HeldBody
}

interface HeldBody {
  /**
   * Takes note of bytes that have come.
   *
   * @returns undefined when more may come at once, else a promise that resolves when there is room for more
   */
  add(bytes: number): Promise<void> | undefined
  /** The body has been handed over, or given up. Further calls do nothing. */
  close(): void
}

/** Bodies up to this size never wait: nearly all of Intercom's answers are smaller, bytes. */
const smallBytes = 1024 * 1024

/**
 * An account that all requests of a process share. A few kilobytes can unpack to many megabytes, in each of forty answers
 * at a time, and what is not read yet takes no memory here. So above `mostBytes` only small bodies and the oldest of the
 * large ones go on; the others follow as these are handed over or given up.
 */
export function createBodyMemory(mostBytes: number): BodyMemory {
  let held = 0
  /** Large bodies, in the order in which they became large, each with what lets it go on if it waits. */
  const large = new Map<HeldBody, (() => void) | undefined>()

  const mayGoOn = (body: HeldBody) => {
    const [oldest] = large.keys()
    return held <= mostBytes || oldest === body
  }
  const wake = () => {
    for (const [body, goOn] of large) {
      if (!goOn || !mayGoOn(body)) continue
      large.set(body, undefined)
      goOn()
    }
  }

  return {
    open() {
      let own = 0
      let isClosed = false
      const body: HeldBody = {
        add(bytes) {
          if (isClosed) return undefined
          own += bytes
          held += bytes
          if (own <= smallBytes) return undefined
          if (!large.has(body)) large.set(body, undefined)
          if (mayGoOn(body)) return undefined
          return new Promise((resolve) => large.set(body, resolve))
        },
        close() {
          if (isClosed) return
          isClosed = true
          held -= own
          large.get(body)?.()
          large.delete(body)
          wake()
        },
      }
      return body
    },
  }
}
