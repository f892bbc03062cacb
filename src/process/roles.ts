import { parseArgs } from 'node:util'

/** The roles of a service process. */
export interface Roles {
  api: boolean
  worker: boolean
  /** Whether the process ends when the process that started it is gone. */
  withParent: boolean
}

/** The arguments are wrong; the message lists the right ones. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Both roles unless one is named. @throws UsageError */
export function parseRoles(args: string[]): Roles {
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({ args, options: { api: flag, worker: flag, 'with-parent': flag } })
    const both = !values.api && !values.worker
    return { api: both || values.api, worker: both || values.worker, withParent: values['with-parent'] }
  } catch (error) {
    const what = error instanceof Error ? error.message : error
    throw new UsageError(`${what}\nusage: intercom-sync serve [--api] [--worker] [--with-parent]`)
  }
}
