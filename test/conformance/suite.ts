import type { Test } from 'tap'
import { plainLists } from '../../simulator/records/plain/lists.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import type { Driver } from './driver.ts'
import { gatherEvidence } from './evidence.ts'
import { points } from './points.ts'

/** A small workspace with something in every stream. */
const workspace = {
  contacts: 300,
  conversations: 12,
  companies: 12,
  longConversations: 0,
  tickets: 25,
  activityLogs: 60,
  articles: 60,
  deletedConversations: 60,
  deletedContacts: 60,
  contactActivities: 60,
  rowsInside: true,
  references: 6,
  lists: Object.fromEntries(Object.keys(plainLists).map((name) => [name, 60])),
  companyNotes: 3,
  accessTokens: { 'simulator-token': [], 'token-without-tags': ['read_tags'] },
}

/** Holds every point of the checklist against one way to run the connector. @param t of the file */
export function holdChecklist(t: Test, openDriver: (t: Test, intercom: string) => Driver | Promise<Driver>): void {
  t.test('the checklist holds', async (t) => {
    const intercom = await listenSimulator(t, workspace)
    const evidence = await gatherEvidence(await openDriver(t, intercom.url), intercom)
    t.equal(new Set(points.map(({ id }) => id)).size, points.length, 'no two points share an id')
    for (const { id, words, faultsIn } of points)
      t.test(`${id}: ${words}`, async (t) => {
        const faults = faultsIn(evidence)
        t.same(faults.slice(0, 5), [], `${faults.length} faults`)
      })
  })
}
