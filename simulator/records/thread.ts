import { type MutationTime, secondOf } from '../workspace/mutations.ts'
import type { PartPlan } from './part-record.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'
import { RecordVersion } from './record-version.ts'

/** An answer has at most so many parts of a conversation or ticket, the newest. */
const mostShown = 500

/** How long after its writing every fifth part was changed, seconds. */
const changedAfter = 111

export type PartVersion = RecordVersion<PartPlan>

/** The differences between the parts of conversations and those of tickets. */
export interface ThreadForm {
  definition: Pick<RecordDefinition<PartPlan>, 'stream' | 'render' | 'shapes'>
  /** @param parent the place of the conversation or ticket; @param place that of the part in it */
  partId: (parent: number, place: number) => string
  /** What a part has besides its times from the start, by its place. */
  firstTraits: (place: number) => Pick<PartPlan, 'isRedacted' | 'states'>
}

/** The parts of one conversation or ticket: every version of those that can be read, and how many there really are. */
export class Thread {
  /** The newest parts in the order of their writing, each in its latest version. */
  #shown: PartVersion[]
  readonly #log: PartVersion[]
  readonly #form: ThreadForm
  readonly #parent: number
  readonly #setting: RecordSetting
  #count: number

  constructor(form: ThreadForm, plan: RecordPlan, setting: RecordSetting) {
    this.#form = form
    this.#parent = plan.index
    this.#setting = setting
    this.#count = plan.firstParts?.count ?? 0
    const first = Math.max(0, this.#count - mostShown)
    this.#shown = Array.from({ length: this.#count - first }, (_, place) =>
      this.#version(firstPlan(form, plan, first + place), 0),
    )
    this.#log = [...this.#shown]
  }

  /** The newest 500 parts. */
  get shown(): readonly PartVersion[] {
    return this.#shown
  }

  /** The number of parts, including those that can no longer be read. */
  get count(): number {
    return this.#count
  }

  /** Every version of every part that could ever be read, in the order in which they were made. */
  get log(): readonly PartVersion[] {
    return this.#log
  }

  /** Somebody answers. @param states the ticket's state before and after, if the answer moves it */
  reply(time: MutationTime, states?: PartPlan['states']): void {
    const index = this.#count++
    const id = this.#form.partId(this.#parent, index)
    const now = secondOf(time)
    const times = { createdAt: now, updatedAt: now, revision: 0 }
    const moved = states === undefined ? {} : { states }
    this.#add({ index, id, ...times, conversation: this.#parent, isRedacted: false, ...moved }, time.visibleFrom)
    if (this.#shown.length <= mostShown) return
    const pushedOut = this.#shown.shift()
    if (pushedOut === undefined) return
    pushedOut.visibleUntil = time.visibleFrom
    pushedOut.endedAt = time.now
  }

  /** A part is edited or redacted. @param place among those shown; @param now Unix seconds */
  change(place: number, now: number, visibleFrom: number, isRedacted: boolean): void {
    const part = this.#shown[place]
    if (part === undefined) return
    part.visibleUntil = visibleFrom
    const { plan } = part
    const next = { ...plan, updatedAt: now, revision: plan.revision + 1, isRedacted: isRedacted || plan.isRedacted }
    this.#shown[place] = this.#version(next, visibleFrom)
    this.#log.push(this.#shown[place])
  }

  #add(plan: PartPlan, visibleFrom: number): void {
    const version = this.#version(plan, visibleFrom)
    this.#shown.push(version)
    this.#log.push(version)
  }

  #version(plan: PartPlan, visibleFrom: number): PartVersion {
    return new RecordVersion(this.#form.definition, plan, visibleFrom, this.#setting)
  }
}

/** Parts were written evenly between the opening and the latest change; the newest at the latest change itself. */
function firstPlan(form: ThreadForm, { index: parent, createdAt, firstParts }: RecordPlan, place: number): PartPlan {
  const { count, until } = firstParts ?? { count: 1, until: createdAt }
  const written = createdAt + Math.floor(((until - createdAt) * (place + 1)) / count)
  const updatedAt = place % 5 === 1 ? Math.min(until, written + changedAfter) : written
  const id = form.partId(parent, place)
  return {
    index: place,
    id,
    createdAt: written,
    updatedAt,
    revision: 0,
    conversation: parent,
    ...form.firstTraits(place),
  }
}
