import { readArguments } from '../command-line/read-arguments.ts'

/** The roles of a service process. */
export interface Roles {
  api: boolean
  worker: boolean
  /** Whether the process ends when the process that started it is gone. */
  withParent: boolean
}

/** Both roles unless one is named. @throws UsageError */
export function parseRoles(args: string[]): Roles {
  const { options } = readArguments('serve', args)
  const { api = false, worker = false, 'with-parent': withParent = false } = options
  const both = !api && !worker
  return { api: both || api, worker: both || worker, withParent }
}
