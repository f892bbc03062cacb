import type { Collection } from '../records/collection.ts'
import { deletedConversation } from '../records/deletion-records.ts'
import { conversationThread } from '../records/part-record.ts'
import type { RecordPlan, RecordSetting } from '../records/record-definition.ts'
import { Thread } from '../records/thread.ts'
import { ordinaryChanges, type RecordChange, type RecordChanges, secondOf } from './mutations.ts'

/** The conversations of the workspace with their parts. Parts are made when they are first requested. */
export class Conversations {
  readonly #collection: Collection
  readonly #setting: RecordSetting
  readonly #threads = new Map<string, Thread>()

  readonly #deleted: Collection

  /** @param deleted what `GET /conversations/deleted` gives */
  constructor(collection: Collection, deleted: Collection, setting: RecordSetting) {
    this.#collection = collection
    this.#deleted = deleted
    this.#setting = setting
  }

  /** The parts of a conversation. @param plan of any version of it */
  thread(plan: RecordPlan): Thread {
    let thread = this.#threads.get(plan.id)
    if (thread === undefined) {
      thread = new Thread(conversationThread, plan, this.#setting)
      this.#threads.set(plan.id, thread)
    }
    return thread
  }

  get changes(): RecordChanges {
    const collection = this.#collection
    const reply: RecordChange = (version, time) => {
      const thread = this.thread(version.plan)
      thread.reply(time)
      return collection.update(version, secondOf(time), time.visibleFrom, { partCount: thread.count })
    }
    const remove: RecordChange = (version, time) => {
      const { id } = version.plan
      this.#deleted.put(deletedConversation(this.#deleted.log.length, id, secondOf(time)), time.now)
      return collection.delete(version, time.visibleFrom)
    }
    return {
      ...ordinaryChanges(collection),
      delete: remove,
      reply,
      edit: this.#partChange(false),
      redact: this.#partChange(true),
    }
  }

  /** Changes one of the parts shown; a conversation without parts stays as it is. */
  #partChange(isRedaction: boolean): RecordChange {
    return (version, time, _mutation, random) => {
      const thread = this.thread(version.plan)
      if (thread.shown.length === 0) return undefined
      const place = Math.floor(random() * thread.shown.length)
      thread.change(place, secondOf(time), time.visibleFrom, isRedaction)
      return this.#collection.update(version, secondOf(time), time.visibleFrom)
    }
  }
}
