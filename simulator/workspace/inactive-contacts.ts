import type { Collection, VersionChange } from '../records/collection.ts'
import { contactActivity, type InactiveStatus, inactiveContact } from '../records/deletion-records.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { type MutationTime, secondOf } from './mutations.ts'

/** Statuses of contacts that are deleted, or part of another contact; the others are only out of sight. */
const deletedStatuses: readonly InactiveStatus[] = ['merged', 'pending_deletion', 'permanently_deleted']

/** Contacts that lists and searches no longer show, and the events that led there. */
export class InactiveContacts {
  readonly #contacts: Collection
  readonly #list: Collection
  readonly #events: Collection
  readonly #statuses = new Map<string, { status: InactiveStatus; version: RecordVersion }>()

  /** @param list what `GET /contacts/deleted` gives @param events what `GET /contacts/activities` gives */
  constructor(contacts: Collection, list: Collection, events: Collection) {
    this.#contacts = contacts
    this.#list = list
    this.#events = events
  }

  /** The last versions of the contacts that are out of sight. */
  versions(): RecordVersion[] {
    return [...this.#statuses.values()].map(({ version }) => version)
  }

  statusOf(id: string): InactiveStatus | undefined {
    return this.#statuses.get(id)?.status
  }

  /** Whether a contact is deleted or merged. An archived or blocked one is not. */
  isDeleted(id: string): boolean {
    const status = this.statusOf(id)
    return status !== undefined && deletedStatuses.includes(status)
  }

  /** A contact goes out of sight, or moves from one such status to another. @param into see `merged` */
  leave(version: RecordVersion, time: MutationTime, status: InactiveStatus, into?: string): VersionChange {
    const { id } = version.plan
    const isShown = this.#contacts.find(id) !== undefined
    this.#statuses.set(id, { status, version })
    this.#list.put(inactiveContact(this.#list.log.length, id, { status, into }), time.now)
    if (status === 'merged') this.#note('merged', into ?? id, time, { merge_source_id: id, merge_target_id: into })
    if (status === 'pending_deletion') this.#note('deleted', id, time)
    return isShown
      ? this.#contacts.delete(version, time.visibleFrom)
      : { changed: version, visibleFrom: time.visibleFrom }
  }

  /** A contact comes back: as it was when it was archived or blocked, with a new time when it was deleted. */
  comeBack(version: RecordVersion, time: MutationTime): VersionChange | undefined {
    const { id } = version.plan
    const status = this.statusOf(id)
    if (status === undefined || status === 'merged' || status === 'permanently_deleted') return undefined
    this.#statuses.delete(id)
    const entry = this.#list.find(id)
    if (entry !== undefined) this.#list.delete(entry, time.now)
    // Not before the search has stopped to show it as it was.
    const visibleFrom = Math.max(time.visibleFrom, version.visibleUntil ?? 0)
    return this.#contacts.comeBack(version, status === 'pending_deletion' ? secondOf(time) : undefined, visibleFrom)
  }

  noteCreated(id: string, time: MutationTime): void {
    this.#note('created', id, time)
  }

  #note(kind: string, contact: string, time: MutationTime, more: Readonly<Record<string, unknown>> = {}): void {
    const plan = contactActivity(this.#events.log.length, secondOf(time), { kind, contact, more })
    this.#events.put(plan, time.now)
  }
}
