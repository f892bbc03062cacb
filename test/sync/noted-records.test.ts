import t from 'tap'
import { findStream } from '../../src/streams/table.ts'
import { createFingerprintList, createFingerprints } from '../../src/sync/delivered/fingerprints.ts'
import { noteLines } from '../../src/sync/delivered/replay.ts'
import { collectSync } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['contacts', 'companies', 'conversations', 'conversation_parts', 'activity_logs', 'segments', 'tags']

t.test('every commit has the fingerprints by which an attempt after it would recognize its records', async (t) => {
  const simulator = await listenSimulator(t, { seed: 5, contacts: 300, companies: 80, conversations: 60 })
  const { commits } = await collectSync({ streams, baseUrl: simulator.url })
  const noted = createFingerprints()
  let records = 0
  for (const { body, fingerprints } of commits) {
    noted.addAll(fingerprints ?? Buffer.alloc(0))
    noted.keep()
    const list = createFingerprintList()
    // A snapshot is read from its beginning again, and whole: nothing looks for its records.
    noteLines(body, list, (name) => {
      const entry = findStream(name)
      return Boolean(entry?.search || entry?.child || entry?.filtered || entry?.periods)
    })
    records += list.bytes().length / 12
    noted.addAll(list.bytes())
    t.equal(noted.added().length, 0, 'its lines hold no record that it has not noted')
  }
  t.ok(records > 400, `${records} records`)
})
