import type { Benchmark, Cell } from '../benchmark.ts'
import { measureBudget } from '../components/budget.ts'
import { openCommits } from '../components/commits.ts'
import { openSimulatorClient } from '../components/simulator-client.ts'

function budgetCell(workers: number, windows: number): Cell {
  return {
    name: `budget-${workers}`,
    seconds: 30,
    load: 0.3,
    open: async (t) => async () => ({ budget: await measureBudget(t, workers, windows) }),
  }
}

/** Tiny commits, where the script and its call are all there is, or large ones, which are compressed and sealed. */
function commitCell(records: number, commits: number): Cell {
  return {
    name: `commits-of-${records}`,
    rounds: 5,
    seconds: 40,
    async open(t) {
      const measure = await openCommits(t)
      await measure(records, Math.ceil(commits / 10))
      return async () => ({ store: { perSecond: commits / (await measure(records, commits)) } })
    },
  }
}

/** The simulator by itself: it must outrun whatever it measures. */
function simulatorCell(contacts: number, conversations: number): Cell {
  return {
    name: 'simulator',
    rounds: 5,
    seconds: 25,
    async open(t) {
      const client = await openSimulatorClient(t, { contacts, conversations })
      await client.readAll()
      return async () => {
        const { contactSeconds, conversationSeconds, bytes } = await client.readAll()
        return {
          contacts: { perSecond: contacts / contactSeconds, megabytesPerSecond: bytes / contactSeconds / 1e6 },
          conversations: { perSecond: conversations / conversationSeconds },
        }
      }
    },
  }
}

export const components: Benchmark = {
  name: 'components',
  title: 'Single parts',
  about: [
    '`budget-4` is four workers on one access token at 1,666 requests per 10 s, each with more to ask than is allowed, without anything else to do. `commits-of-50` is one attempt that commits 50 records at a time to a Redis of its own. `simulator` is what the simulator answers to four connections at a time: pages of contacts, and single conversations with their parts.',
  ],
  columns: [
    { figure: 'used', heading: 'Used, %', factor: 100, digits: 1 },
    { figure: 'refused', heading: 'Refused', digits: 0 },
    { figure: 'commandsPerRequest', heading: 'Redis commands per request', digits: 3 },
    { figure: 'perSecond', heading: 'Per second', digits: 0 },
    { figure: 'megabytesPerSecond', heading: 'MB/s', digits: 0 },
  ],
  plots: [],
  goals: [],
  headlines: [],
  cells: (amount) => [
    ...[1, 2, 4].map((workers) => budgetCell(workers, amount(4))),
    commitCell(1, amount(8000)),
    commitCell(50, amount(4000)),
    simulatorCell(amount(20_000), amount(2000)),
  ],
}
