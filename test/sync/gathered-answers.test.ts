import t from 'tap'
import { collectSync, judge } from '../support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'

/** Resolves when everything that can be asked without the next commit has been answered. */
async function untilIdle({ requests }: ListeningSimulator): Promise<void> {
  for (let [idleTurns, answered] = [0, -1]; idleTurns < 20; idleTurns++) {
    if (requests.entries.length !== answered) idleTurns = 0
    answered = requests.entries.length
    await new Promise((resolve) => setImmediate(resolve))
  }
}

t.test('answers that come while a commit is made share the next one, until it has 512 KiB', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 1500, oddities: false })
  const { commits, messages } = await collectSync({
    baseUrl: simulator.url,
    streams: ['contacts'],
    ports: { recordsPerSlice: 150 },
    taken: () => untilIdle(simulator),
  })
  t.same((await judge(simulator, messages, { expectStreams: ['contacts'] })).faults, [])
  const [first, ...others] = commits.filter(({ recordCount }) => recordCount > 0)
  t.ok((first?.recordCount ?? 0) <= 150, 'nobody waits for more than the first answer')
  const answers = Math.max(...others.map(({ recordCount }) => recordCount)) / 150
  t.ok(answers > 1, `${answers} answers in a commit`)
  const largest = Math.max(...commits.map(({ body }) => body.length))
  t.ok(largest < 2 * 512 * 1024, `${largest} bytes in a commit`)
})
