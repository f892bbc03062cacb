import t from 'tap'
import { estimateLine, logLine, streamStatusLine } from '../../src/airbyte/messages.ts'
import { createMessageProgress } from '../../src/display/message-progress.ts'
import { watchInLines } from '../../src/display/lines.ts'
import { createManualClock } from '../support/manual-clock.ts'

const record = (stream: string) =>
  Buffer.from(`{"type":"RECORD","record":{"stream":"${stream}","data":{"id":"1"},"emitted_at":1}}`)
const line = (text: string) => Buffer.from(text.trimEnd())

t.test('where there is no terminal a line comes every 30 s, and none after the end', async (t) => {
  const clock = createManualClock()
  const progress = createMessageProgress(['contacts', 'tags'], clock)
  const said: string[] = []
  const screen = { say: (...lines: string[]) => void said.push(...lines) }
  const stop = watchInLines(screen, { clock, everyMs: 30_000, tellsEnds: false })({ sync: progress.view })
  const pass = async () => {
    await clock.untilAsleep(30_000)
    clock.advance(30_000)
    await clock.untilAsleep(30_000)
  }
  for (const text of [
    logLine('INFO', 'a line that is no progress'),
    streamStatusLine('contacts', 'STARTED', 1),
    estimateLine('contacts', 600, 1),
    streamStatusLine('tags', 'STARTED', 1),
  ])
    progress.take(line(text))
  for (let count = 0; count < 300; count++) progress.take(record('contacts'))
  progress.take(record('tags'))
  progress.take(line(streamStatusLine('tags', 'COMPLETE', 1)))
  await pass()
  progress.take(line(streamStatusLine('contacts', 'RUNNING', 1, { quotaResetMs: clock.now() + 31_000 })))
  await pass()
  await pass()
  stop()
  clock.advance(60_000)
  t.same(said, [
    '  30.0 s: 301 records; contacts 300 of 600 (10/s), 30 s left; 1 of 2 streams ended',
    `  60.0 s: 301 records; waiting for Intercom's rate limit, until 00:01:01 UTC; contacts 300 of 600 (5/s), 60 s left; 1 of 2 streams ended`,
    '  90.0 s: 301 records; contacts 300 of 600 (3/s), 2 min left; 1 of 2 streams ended',
  ])
})
