import { isFirstRedacted, type PartPlan, partDefinition, partId } from './part-record.ts'
import type { RecordPlan, RecordSetting } from './record-definition.ts'
import { RecordVersion } from './record-version.ts'

/** `GET /conversations/{id}` gives the newest parts, at most so many. */
const mostShown = 500

/** How long after its writing every fifth part was changed, seconds. */
const changedAfter = 111

type PartVersion = RecordVersion<PartPlan>

/** The parts of one conversation: every version of those that can be had, and how many there truly are. */
export class Thread {
  /** The newest parts in the order of their writing, each in its latest version. */
  #shown: PartVersion[]
  readonly #log: PartVersion[]
  readonly #conversation: number
  readonly #setting: RecordSetting
  #count: number

  constructor(plan: RecordPlan, setting: RecordSetting) {
    this.#conversation = plan.index
    this.#setting = setting
    this.#count = plan.firstParts?.count ?? 0
    const first = Math.max(0, this.#count - mostShown)
    this.#shown = Array.from({ length: this.#count - first }, (_, place) =>
      this.#version(firstPlan(plan, first + place), 0),
    )
    this.#log = [...this.#shown]
  }

  /** The newest 500 parts. */
  get shown(): readonly PartVersion[] {
    return this.#shown
  }

  /** The number of parts, those that cannot be had any more included. */
  get count(): number {
    return this.#count
  }

  /** Every version of every part that could ever be had, in the order of their coming. */
  get log(): readonly PartVersion[] {
    return this.#log
  }

  /** Somebody answers. @param now Unix seconds */
  reply(now: number, visibleFrom: number): void {
    const index = this.#count++
    const id = partId(this.#conversation, index)
    this.#add(
      { index, id, createdAt: now, updatedAt: now, revision: 0, conversation: this.#conversation, isRedacted: false },
      visibleFrom,
    )
    if (this.#shown.length <= mostShown) return
    const pushedOut = this.#shown.shift()
    if (pushedOut !== undefined) pushedOut.visibleUntil = visibleFrom
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
    return new RecordVersion(partDefinition, plan, visibleFrom, this.#setting)
  }
}

/** Parts were written evenly between the opening and the latest change; the newest at the latest change itself. */
function firstPlan({ index: conversation, createdAt, firstParts }: RecordPlan, place: number): PartPlan {
  const { count, until } = firstParts ?? { count: 1, until: createdAt }
  const written = createdAt + Math.floor(((until - createdAt) * (place + 1)) / count)
  const updatedAt = place % 5 === 1 ? Math.min(until, written + changedAfter) : written
  return {
    index: place,
    id: partId(conversation, place),
    createdAt: written,
    updatedAt,
    revision: 0,
    conversation,
    isRedacted: isFirstRedacted(place),
  }
}
