import { writeFile } from 'node:fs/promises'
import { dayAndMachine, told } from '../support/evidence.ts'
import type { SeedResult } from './run-seed.ts'

/** Writes docs/evidence/fidelity.md. */
export async function writeEvidence(results: readonly SeedResult[], minutes: number): Promise<void> {
  const sum = (of: (result: SeedResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const failed = results.filter(({ faults }) => faults.length > 0)
  const seeds = results.map(({ scenario }) => scenario.seed)
  const versions = [...new Set(results.map(({ scenario }) => scenario.version))].sort()
  const zones = [...new Set(results.map(({ scenario }) => scenario.options.timezone))].sort()
  const lines = [
    '# Fidelity',
    '',
    'Random workspaces, each synced five times with the states of the time before, while records change, search shows',
    'them late or under an older time, requests fail, answers lack what they should have, and attempts are killed. In half',
    'of them some streams are left out or read whole each time; now and then a stream is reset or the start date moved',
    'back. Every log is held against what the simulator knows to be true: nothing missing, nothing that never was, nothing',
    'twice, nothing stale; once nothing changes any more, one sync brings what is owed and the next one brings no record.',
    'In a sync of five Intercom keeps failing over one to three records: all others must come, and those with the next',
    'sync. One job of five is given up before it ends, and the next goes on from the states it gave: nothing may be',
    'missing then, either. One of three is told a wrong time, by answers or by its machine. In the end the token is of another workspace, and the states are refused. But for what a job',
    'knew that was given up, what is read again after a clock that lags, and for children, which',
    'come again with a parent that moved, no record comes in two syncs with the same text.',
    '',
    'In half of the seeds tombstones are asked for. There, tables of a destination hold in the end what Intercom has, rows',
    'inside records included, and nothing that was deleted, merged or taken away, as far as Intercom tells. Contacts are also',
    'archived, blocked, purged, and come back.',
    '',
    '- Command: `npm run fidelity`',
    `- Seeds: ${seeds.at(0)} to ${seeds.at(-1)}; one is replayed by \`npm run fidelity -- --seed N\``,
    ...dayAndMachine(),
    `- Result: ${results.length - failed.length} of ${results.length} seeds without a fault, in ${Math.ceil(minutes)} minutes`,
    '',
    '| What | Total |',
    '| --- | --- |',
    `| API versions | ${versions.join(', ')} |`,
    `| Time zones | ${zones.join(', ')} |`,
    `| Syncs | ${told(sum(({ syncs }) => syncs))} |`,
    `| Attempts killed or failed, and continued | ${told(sum(({ continued }) => continued))} |`,
    `| Requests | ${told(sum(({ requests }) => requests))} |`,
    `| Changes of the workspace | ${told(sum(({ changes }) => changes))} |`,
    `| Records delivered | ${told(sum(({ records }) => records))} |`,
    '',
    ...failed.map(({ scenario, faults }) => `- Seed ${scenario.seed}: ${faults[0]}`),
  ]
  await writeFile('docs/evidence/fidelity.md', `${lines.join('\n').trimEnd()}\n`)
}
