import { companyNotes } from '../records/below/company-notes.ts'
import { contactNotes } from '../records/below/contact-notes.ts'
import { contactEvents, listedSeconds } from '../records/below/events.ts'
import { isInSegment } from '../records/below/segment-members.ts'
import { articleStatistics } from '../records/below/statistics.ts'
import { transcriptText } from '../records/below/transcripts.ts'
import type { RecordVersion } from '../records/record-version.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { TextJudge } from './text-judge.ts'
import type { TruthLine, TruthOptions } from './truth.ts'

/** A record that is read below a parent. */
interface Below {
  /** Its key in its stream. */
  id: string
  /** As Intercom gives it. */
  text: string
  /** When it is no longer given although its parent is, ms since the epoch. @defaultValue never */
  until?: number
}

/** Which records one version of a parent has below it. */
type ReadBelow = (parent: RecordVersion, workspace: Workspace, version: string) => Iterable<Below>

/** Every stream whose records are asked for below those of another, as far as they follow from these. */
const readers: Readonly<Record<string, { parent: string; read: ReadBelow }>> = {
  contact_notes: {
    parent: 'contacts',
    read: ({ plan }, { setting }) => below(plan.id, contactNotes(plan, setting)),
  },
  company_notes: {
    parent: 'companies',
    read: ({ plan }, { setting }) => below(plan.id, companyNotes(plan, setting)),
  },
  contact_events: {
    parent: 'contacts',
    read: ({ plan }, { setting, openedAt }) =>
      contactEvents(plan, setting, openedAt).map(({ name, createdAt, text }) => {
        return { id: `${plan.id} ${name} ${createdAt}`, text, until: (createdAt + listedSeconds) * 1000 }
      }),
  },
  article_statistics: {
    parent: 'articles',
    read({ plan }, { setting }) {
      const text = articleStatistics(plan, setting)
      return text === 'null' ? [] : [{ id: plan.id, text }]
    },
  },
  call_transcripts: {
    parent: 'calls',
    read: (call, _, version) =>
      call.member('conversation_id') === null ? [] : [{ id: call.plan.id, text: transcriptText(call, version) }],
  },
}

function below(parentId: string, texts: ReadonlyMap<string, string>): Below[] {
  return [...texts].map(([id, text]) => ({ id: `${parentId} ${id}`, text }))
}

/** The streams that this file knows. */
export const belowNames: readonly string[] = [...Object.keys(readers), 'contact_segments']

/** Every record below every version of its parent. */
export function* belowTruth(
  workspace: Workspace,
  stream: string,
  judge: TextJudge,
  { version = '2.16' }: TruthOptions,
): Generator<TruthLine> {
  const reader = readers[stream]
  if (reader === undefined) {
    yield* segmentTruth(workspace, stream, judge)
    return
  }
  for (const parent of workspace.collection(reader.parent).log) {
    const end = endOf(parent, workspace)
    if (!parent.isListed || end === 0) continue
    for (const { id, text, until } of reader.read(parent, workspace, version)) {
      const time = { visibleFrom: parent.visibleFrom, visibleUntil: earliest(end, until ?? null) }
      const { id: parentId, updatedAt } = parent.plan
      const unseen = parent.isUnseen && { unseen: true as const }
      yield { stream, id, updatedAt, sha256: judge.hashOf(stream, text), ...time, parentId, ...unseen }
    }
  }
}

/** Every contact in every segment, while both were there, and the search showed the contact. A segment has nothing of its contacts but their ids. */
function* segmentTruth(workspace: Workspace, stream: string, judge: TextJudge): Generator<TruthLine> {
  const sha256 = judge.hashOf(stream, '{}')
  for (const segment of workspace.collection('segments').log)
    for (const contact of workspace.collection('contacts').log) {
      if (!isInSegment(contact.plan, segment.plan.index)) continue
      const visibleFrom = Math.max(segment.visibleFrom, contact.visibleFrom)
      const visibleUntil = earliest(endOf(segment, workspace), contact.visibleUntil)
      if (visibleUntil !== null && visibleUntil < visibleFrom) continue
      const { id: parentId, updatedAt } = segment.plan
      const id = `${contact.plan.id} ${parentId}`
      yield { stream, id, updatedAt, sha256, visibleFrom, visibleUntil, parentId }
    }
}

/** When what is below a version is found no more, ms: another one has replaced it, or its record is gone, whatever a list shows. */
function endOf({ stream, plan, visibleUntil, endedAt }: RecordVersion, workspace: Workspace): number | null {
  const deletedAt = stream === 'companies' ? (workspace.companies.deletedAt(plan) ?? null) : null
  return earliest(visibleUntil, endedAt, deletedAt)
}

/** `null` when there is no end. */
function earliest(...ends: readonly (number | null)[]): number | null {
  const known = ends.filter((end) => end !== null)
  return known.length === 0 ? null : Math.min(...known)
}
