import { reportOf } from '../error-report.ts'
import { letHeapGrow } from '../heap/heap-growth.ts'
import { parseSyncRequest } from '../sync/contract/sync-request.ts'
import type { ScrollLease } from '../sync/contract/walk.ts'
import { createEngine } from '../sync/engine.ts'
import { createFileSpool } from '../sync/pages/file-spool.ts'
import { isSpooled, tryToSpool } from '../sync/pages/spool-trial.ts'
import type { Command } from './command.ts'
import { intercomAddress } from './intercom-address.ts'
import { openLog } from './log.ts'
import { printSync } from './print-sync.ts'

/**
 * One process reads with one job, so it needs no lease. Intercom's refusal shows when another application has a scroll.
 */
const freeLease: ScrollLease = { hold: (_signal, work) => work() }

export const readStreams: Command = async ({ inputs, output, note, clock, random, signal }) => {
  letHeapGrow()
  const { config, catalog, state } = inputs
  const request = parseSyncRequest({ config, catalog, state }, 'keep')
  const address = intercomAddress()
  const log = openLog(note)
  const unspooled = request.catalog.streams.some(({ stream }) => isSpooled(stream.name))
    ? await tryToSpool(createFileSpool)
    : undefined
  if (unspooled !== undefined) log.warn(unspooled)
  const failure = await printSync(request, {
    startSync: createEngine({
      clock,
      random,
      ...address,
      createSpool: createFileSpool,
      scrollLeaseOf: () => freeLease,
    }),
    output,
    clock,
    signal,
    reportError: (error, nextInMs) => log.warn({ error: reportOf(error, request.config), nextInMs }, 'attempt failed'),
  })
  return failure ? 'failed' : 'done'
}
