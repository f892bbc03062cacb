import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'
import { RecordVersion } from './record-version.ts'

/** What a change did: the version that ended, the version that began, or both. */
export interface VersionChange {
  removed?: RecordVersion
  added?: RecordVersion
  /** A version that continues although the thing it stands for has changed. */
  changed?: RecordVersion
  /** Ms since the epoch from which the search shows the change. */
  visibleFrom: number
}

/** All records of one stream: every version there ever was, and the latest of each. */
export class Collection {
  readonly definition: RecordDefinition
  readonly #setting: RecordSetting
  readonly #log: RecordVersion[] = []
  readonly #latest = new Map<string, RecordVersion>()
  readonly #lastRevisions = new Map<string, number>()
  #created = 0

  constructor(definition: RecordDefinition, setting: RecordSetting, count: number) {
    this.definition = definition
    this.#setting = setting
    for (; this.#created < count; this.#created++) this.#add(definition.plan(this.#created, setting), 0)
  }

  /** Every version of every record, in the order in which they were made. */
  get log(): readonly RecordVersion[] {
    return this.#log
  }

  /** The latest version of each record that is not deleted, whether or not the search shows it yet. */
  latest(): RecordVersion[] {
    return [...this.#latest.values()]
  }

  find(id: string): RecordVersion | undefined {
    return this.#latest.get(id)
  }

  /** The latest revision of a record; for a deleted record, its last one. */
  lastRevision(id: string): number | undefined {
    return this.#latest.get(id)?.plan.revision ?? this.#lastRevisions.get(id)
  }

  /** @param now Unix seconds */
  create(now: number, visibleFrom: number): VersionChange {
    const plan = this.definition.planCreated(this.#created++, now, this.#setting)
    return { added: this.#add(plan, visibleFrom), visibleFrom }
  }

  /** @param now Unix seconds @param changes of the plan, besides time and revision */
  update(version: RecordVersion, now: number, visibleFrom: number, changes: Partial<RecordPlan> = {}): VersionChange {
    const updatedAt = this.definition.dated && version.plan.updatedAt !== null ? now : null
    version.visibleUntil = visibleFrom
    const plan = { ...version.plan, ...changes, updatedAt, revision: version.plan.revision + 1 }
    return { removed: version, added: this.#add(plan, visibleFrom), visibleFrom }
  }

  /** Changes a record but not its time: the search shows the new text with the old `updated_at`. */
  updateBehind(version: RecordVersion, visibleFrom: number, changes: Partial<RecordPlan>): VersionChange {
    version.visibleUntil = visibleFrom
    const plan = { ...version.plan, ...changes, revision: version.plan.revision + 1 }
    return { removed: version, added: this.#add(plan, visibleFrom), visibleFrom }
  }

  /**
   * Makes a change that Intercom does not count as one: time and revision stay, and the text before is just as good.
   */
  retouch(version: RecordVersion, visibleFrom: number, changes: Partial<RecordPlan>): VersionChange {
    version.visibleUntil = visibleFrom
    const added = this.#add({ ...version.plan, ...changes }, visibleFrom)
    added.alike = version
    return { removed: version, added, visibleFrom }
  }

  delete(version: RecordVersion, visibleFrom: number): VersionChange {
    version.visibleUntil = visibleFrom
    this.#latest.delete(version.plan.id)
    this.#lastRevisions.set(version.plan.id, version.plan.revision)
    return { removed: version, visibleFrom }
  }

  /** Puts in a record as it is given, in place of the version before. */
  put(plan: RecordPlan, visibleFrom: number): VersionChange {
    const removed = this.#latest.get(plan.id)
    if (removed !== undefined) removed.visibleUntil = visibleFrom
    return { ...(removed && { removed }), added: this.#add(plan, visibleFrom), visibleFrom }
  }

  /** A record that was deleted is there again. @param now its new time, Unix seconds @defaultValue the one it had */
  comeBack(version: RecordVersion, now: number | undefined, visibleFrom: number): VersionChange {
    const { plan } = version
    const changed = now === undefined ? plan : { ...plan, updatedAt: now, revision: plan.revision + 1 }
    const added = this.#add(changed, visibleFrom)
    added.isUnseen = now === undefined
    return { added, visibleFrom }
  }

  #add(plan: RecordPlan, visibleFrom: number): RecordVersion {
    const version = new RecordVersion(this.definition, plan, visibleFrom, this.#setting)
    this.#log.push(version)
    this.#latest.set(plan.id, version)
    return version
  }
}
