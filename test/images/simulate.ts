import type { Teardown } from '../support/processes.ts'
import { type Image, runContainer } from './container.ts'

/** Runs the simulator's image on a free port. Returns its address. */
export async function simulate(t: Teardown, image: Image): Promise<string> {
  const simulator = await runContainer(t, image, ['--port', '0', '--contacts', '200'])
  const { listening } = JSON.parse(await simulator.untilLine(/listening/)) as { listening: string }
  return `http://127.0.0.1:${new URL(listening).port}`
}
