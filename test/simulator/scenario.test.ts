import t from 'tap'
import { buildSimulator } from '../../simulator/app.ts'
import { applyMutations, beginIncrement, endIncrement } from '../../simulator/scenario/play.ts'
import { drawScenario, type Scenario, scenarioVersions } from '../../simulator/scenario/scenario.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const scenarios = Array.from({ length: 300 }, (_, seed) => drawScenario(seed))
const seen = <Value>(of: (scenario: Scenario) => Value): Value[] => [...new Set(scenarios.map(of))]

t.test('a scenario follows from its seed and is one line of JSON that replays it', async (t) => {
  for (const scenario of scenarios.slice(0, 20)) {
    const line = JSON.stringify(scenario)
    t.notOk(line.includes('\n'))
    t.same(JSON.parse(line), scenario)
    t.equal(JSON.stringify(drawScenario(scenario.seed)), line)
  }
  t.equal(seen((scenario) => JSON.stringify({ ...scenario, seed: 0 })).length, scenarios.length)
})

t.test('answers can be unreliable in each of the ways that there are', async (t) => {
  const faults = scenarios.flatMap(({ increments }) => increments.flatMap((one) => one.faults))
  for (const member of ['endsEarly', 'lacks', 'nulls', 'endsScroll'] as const)
    t.ok(faults.some((fault) => fault[member] !== undefined))
  t.ok(scenarios.some(({ options }) => options.aheadOfIndex === 1))
  t.ok(scenarios.some(({ options }) => Object.values(options.indexLagsMs ?? {}).some(({ rarely }) => rarely)))
})

t.test('seeds cover versions, zones, regions and quirks', async (t) => {
  t.same(seen(({ version }) => version).sort(), [...scenarioVersions])
  t.equal(seen(({ options }) => options.timezone).length, 6)
  t.equal(seen(({ options }) => options.region).length, 3)
  for (const quirk of ['oddities', 'hideTimezone', 'inclusiveBounds', 'unstableTies', 'longTickets'] as const) {
    t.equal(seen(({ options }) => options[quirk]).length, 2)
  }
  const parts = scenarios.flatMap(({ increments }) => increments)
  t.ok(parts.every(({ waitMs }) => waitMs >= 0))
  for (const of of ['before', 'during', 'after', 'faults'] as const) {
    t.ok(parts.some((increment) => increment[of].length > 0) && parts.some((increment) => increment[of].length === 0))
  }
  t.ok(scenarios.every(({ increments }) => increments.length === 5))
})

t.test('workspaces stay small', async (t) => {
  for (const { options, startsAt } of scenarios) {
    const { contacts = 0, conversations = 0, companies = 0, tickets = 0, activityLogs = 0, span } = options
    t.ok(contacts <= 400 && conversations <= 80 && companies <= 60 && tickets <= 60 && activityLogs <= 200)
    t.ok(span !== undefined && span.from < span.to && span.to * 1000 <= startsAt)
  }
})

/** Plays all of a scenario without any sync, and tells all that was true and all that was changed. */
async function play(scenario: Scenario): Promise<string> {
  const clock = createManualClock(scenario.startsAt)
  const simulator = buildSimulator({ ...scenario.options, clock })
  for (const increment of scenario.increments) {
    clock.advance(increment.waitMs)
    beginIncrement(simulator, increment)
    for (let asked = 0; asked < 30; asked++) {
      const headers = { authorization: 'Bearer simulator-token', 'intercom-version': scenario.version }
      await simulator.app.inject({ url: '/teams', headers })
      clock.advance(1_000)
    }
    endIncrement(simulator, increment)
    if (simulator.faults.remaining > 0) throw new Error('faults were left')
  }
  const { workspace } = simulator
  await simulator.app.close()
  return JSON.stringify([[...workspace.truth({ version: scenario.version })], workspace.changes])
}

t.test('a scenario plays to its end, and each time in the same way', async (t) => {
  for (const scenario of scenarios.slice(0, 12)) {
    const first = await play(scenario)
    t.equal(await play(JSON.parse(JSON.stringify(scenario)) as Scenario), first)
    t.ok(first.length > 1_000)
  }
})

t.test('what goes wrong in a sync is over with it', async (t) => {
  const scenario = scenarios.find(({ increments: [first] }) => first !== undefined && first.faults.length > 2)
  const [increment] = scenario?.increments ?? []
  if (scenario === undefined || increment === undefined) return t.fail('no scenario has faults')
  const clock = createManualClock(scenario.startsAt)
  const simulator = await listenSimulator(t, { ...scenario.options, clock })
  beginIncrement(simulator, increment)
  t.equal(simulator.faults.remaining, increment.faults.length)
  endIncrement(simulator, increment)
  t.equal(simulator.faults.remaining, 0)
  const made = simulator.workspace.changes.length
  for (let asked = 0; asked < 5; asked++) await simulator.ask('/tags')
  t.equal(simulator.workspace.changes.length, made)
  applyMutations(simulator.workspace, [{ kind: 'create' }])
  t.equal(simulator.workspace.changes.length, made + 1)
})
