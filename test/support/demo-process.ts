/**
 * The demo, with the service of the same build. With `BROKEN_TRUTH`, one contact is missing in the simulated Intercom's
 * own account of its records, so that the demo must find a wrong count.
 */
import { fileURLToPath } from 'node:url'
import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import { runDemo } from '../../simulator/demo.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'

function buildForgetful(options: SimulatorOptions = {}): Simulator {
  const simulator = buildSimulator(options)
  const { workspace } = simulator
  const tell = workspace.truth.bind(workspace)
  workspace.truth = function* (truthOptions) {
    let contacts = 0
    for (const line of tell(truthOptions)) if (line.stream !== 'contacts' || contacts++ > 0) yield line
  }
  return simulator
}

await runDemo(process.argv.slice(2), {
  buildSimulator: process.env.BROKEN_TRUTH ? buildForgetful : buildSimulator,
  serviceCommand: [fileURLToPath(new URL('serve-process.js', import.meta.url))],
})
