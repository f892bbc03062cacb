import { systemClock } from '../../src/clock.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'

/** The engine without anybody who takes its commits. Its arguments are Intercom's address and the streams. */
const [baseUrl = '', ...streams] = process.argv.slice(2)
const startSync = createEngine({
  clock: systemClock,
  random: Math.random,
  baseUrl,
  createSpool: createFileSpool,
  scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
})
const config = { access_token: 'simulator-token', start_date: '2010-01-01T00:00:00Z' }
const request = parseSyncRequest({ config, streams })
const { signal } = new AbortController()
for await (const { body } of startSync(request, { signal })) if (body.length === 0) continue
