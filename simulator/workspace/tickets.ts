import { createRandom, type Random } from '../random.ts'
import type { Collection, VersionChange } from '../records/collection.ts'
import type { RecordPlan, RecordSetting } from '../records/record-definition.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { Thread } from '../records/thread.ts'
import { ticketThread } from '../records/ticket-part-record.ts'
import { type TicketPlan, ticketStates } from '../records/ticket-times.ts'
import { type MutationTime, ordinaryChanges, type RecordChange, type RecordChanges, secondOf } from './mutations.ts'

/**
 * How far behind its parts a ticket can be and still be found by every sync, seconds. If a change of parts leaves
 * `updated_at` unchanged, a search finds it only while that time is inside the requested range. A sync that asks for
 * the last 24 hours finds every such change that comes within 24 hours of `updated_at`, whenever the sync before it
 * ran. A sync may find a later change or miss it; neither is a fault.
 */
const foundWithin = 86_400

/** The tickets of the workspace with their parts. Every change of a part is a change of its ticket. */
export class Tickets {
  readonly #collection: Collection
  readonly #setting: RecordSetting
  readonly #threads = new Map<string, Thread>()
  /** Decides which changes do not move `updated_at`. */
  readonly #random: Random

  constructor(collection: Collection, setting: RecordSetting) {
    this.#collection = collection
    this.#setting = setting
    this.#random = createRandom(setting.seed, 25)
  }

  get changes(): RecordChanges {
    const reply: RecordChange = (version, time) => {
      this.#thread(version.plan).reply(time)
      return this.#changed(version, time)
    }
    const move: RecordChange = (version, time) => {
      const { state: from } = version.plan as TicketPlan
      const to = ticketStates[(ticketStates.indexOf(from) + 1) % ticketStates.length] ?? from
      this.#thread(version.plan).reply(time, { from, to })
      return this.#changed(version, time, { state: to })
    }
    const changes = { reply, move, edit: this.#partChange(false), redact: this.#partChange(true) }
    return { ...ordinaryChanges(this.#collection), ...changes }
  }

  /** Changes one of the parts shown; a ticket without parts stays as it is. */
  #partChange(isRedaction: boolean): RecordChange {
    return (version, time, _mutation, random) => {
      const thread = this.#thread(version.plan)
      if (thread.shown.length === 0) return undefined
      const place = Math.floor(random() * thread.shown.length)
      thread.change(place, secondOf(time), time.visibleFrom, isRedaction)
      return this.#changed(version, time)
    }
  }

  #changed(version: RecordVersion, time: MutationTime, more: Partial<TicketPlan> = {}): VersionChange {
    const thread = this.#thread(version.plan)
    const changes = { ...more, partCount: thread.count, parts: [...thread.shown] }
    if (this.#random() >= this.#setting.ticketsBehindTheirParts) {
      return this.#collection.update(version, secondOf(time), time.visibleFrom, changes)
    }
    const change = this.#collection.updateBehind(version, time.visibleFrom, changes)
    const isFound = time.visibleFrom / 1000 - (version.plan.updatedAt ?? 0) <= foundWithin
    if (!isFound && change.added !== undefined) change.added.alike = version
    return change
  }

  #thread(plan: RecordPlan): Thread {
    let thread = this.#threads.get(plan.id)
    if (thread === undefined) {
      thread = new Thread(ticketThread, plan, this.#setting)
      this.#threads.set(plan.id, thread)
    }
    return thread
  }
}
