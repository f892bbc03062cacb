import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dayAndMachine, told } from '../support/evidence.ts'
import { type FaultName, faultNames } from './faults.ts'
import type { RecoveryResult } from './recovery.ts'

const whatHappens: Record<FaultName, string> = {
  'worker-killed': 'The worker that has the job is killed; another one runs, and a third starts',
  'worker-replaced': 'The worker that has the job is replaced: a new one starts, then the old one gets SIGTERM',
  'redis-killed': 'Redis is killed, and starts again 16 s later; counted from its start',
  'redis-hung': 'Redis hangs for 16 s; counted from their end',
  'redis-paused': 'Redis stops for up to 2 s, every 5 to 10 s; counted from the end of a stop',
}

/**
 * Writes docs/evidence/recovery.md, or of short stops of Redis alone recovery-pauses.md.
 *
 * @param command as it was given
 */
export async function writeEvidence(
  { silences, jobs, attempts, records, acknowledgements, faults }: RecoveryResult,
  { command, seed, minutes }: { command: string; seed: number; minutes: number },
): Promise<void> {
  const outcome =
    faults.length === 0
      ? `${jobs} ${jobs === 1 ? 'job' : 'jobs'}, none failed, what was delivered is the truth`
      : faults.join('; ')
  const met = faultNames.filter((fault) => silences[fault].length > 0)
  const page = met.every((fault) => fault === 'redis-paused') ? 'recovery-pauses' : 'recovery'
  const rows = met.map((fault) => {
    const times = silences[fault]
    const seconds = (share: number) => ((times[Math.ceil(times.length * share) - 1] ?? 0) / 1000).toFixed(1)
    return `| ${whatHappens[fault]} | ${times.length} | ${seconds(0.5)} s | ${seconds(0.99)} s |`
  })
  const lines = [
    '# How long a reader gets nothing',
    '',
    'An API and two workers run in processes of their own, with the default settings, on a Redis with an append-only file.',
    'A client follows one sync of contacts after the other, acknowledges, and reads on where it was cut. Intercom gives an',
    'answer every 120 ms. Faults come while messages flow. The time is from the fault to the next message.',
    '',
    `- Command: \`${command}\``,
    `- Seed: ${seed}`,
    ...dayAndMachine(),
    `- Load of the machine at the end, by other work too: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}`,
    `- Result: ${outcome}, in ${Math.ceil(minutes)} minutes; ${told(attempts)} attempts, ${told(records)} records, ${told(acknowledgements)} acknowledgements`,
    '',
    '| What happens | Times | Median | 99 of 100 |',
    '| --- | --- | --- | --- |',
    ...rows,
  ]
  await writeFile(`docs/evidence/${page}.md`, `${lines.join('\n')}\n`)
}
