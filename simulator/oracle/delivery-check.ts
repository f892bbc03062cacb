import { createHash } from 'node:crypto'
import type { TruthLine } from '../truth/truth.ts'
import { checkParent, type DeliveredChild } from './parent-check.ts'
import type { FaultList } from './report.ts'
import { rulesOf } from './stream-rules.ts'
import type { TruthIndex } from './truth-index.ts'

/** Stands in a ledger for a record of which a tombstone came last. */
const BURIED = 'buried'

/** The version of each record that syncs have delivered last, as hashes by stream and id. */
export type DeliveryLedger = Map<string, Map<string, string>>

export interface DeliveryOptions {
  /** Ms since the epoch by stream. */
  visibleAt: (stream: string) => number
  /** Ms since the epoch: records that the search no longer showed then are not required. */
  stillAt?: number | undefined
  /** Records that earlier syncs delivered. */
  ledger?: DeliveryLedger | undefined
  /** Unix seconds by stream: records with a lower `updated_at` are neither required nor allowed. */
  lowerBound: (stream: string) => number
}

interface StreamDelivery {
  /** How often each version was delivered, by `id`, half of the hash and the parent's time. */
  delivered: Map<string, number>
  /**
   * The hash of the text delivered last, the hash of its version in the truth, and the highest place among versions.
   */
  last: Map<string, { text: string; sha256: string; place: number; highest: number }>
  /** Records with a tombstone and nothing after it. */
  buried: Set<string>
  /** Records that the ledger had with the same text. */
  repeated: number
}

/** Compares the records delivered with the truth. Keeps hashes, never texts. */
export class DeliveryCheck {
  readonly #faults: FaultList
  readonly #truth: TruthIndex | undefined
  readonly #options: DeliveryOptions
  readonly #streams = new Map<string, StreamDelivery>()

  constructor(faults: FaultList, truth: TruthIndex | undefined, options: DeliveryOptions) {
    this.#faults = faults
    this.#truth = truth
    this.#options = options
  }

  /** @param sha256 hash of the comparable part of the record's text */
  record(child: DeliveredChild, sha256: string): void {
    const { stream, id, added, line } = child
    const { parent } = rulesOf(stream)
    const { delivered, last, buried } = this.#stream(stream)
    buried.delete(id)
    // If a parent moves while it is read, its children come again, with the new time.
    const name = `${id} ${sha256.slice(0, 32)} ${added.parent_updated_at ?? ''}`
    const times = (delivered.get(name) ?? 0) + 1
    const place = this.#placeOf(stream, id, sha256, line)
    // The search may show an older version late. Then the newer one has to come again, or the older one would stay.
    const isNeeded = (last.get(id)?.place ?? place) < place
    if (times > 1 && !isNeeded && times > this.#mostTimes(child, sha256))
      this.#faults.add('duplicate', stream, `line ${line}: ${id} with the same text again`)
    delivered.set(name, times)
    if (parent !== undefined && this.#truth !== undefined) checkParent(child, parent, this.#truth, this.#faults)
    const known = this.#truth?.versions(stream, id)?.[place]?.sha256 ?? sha256
    if (!last.has(id) && this.#options.ledger?.get(stream)?.get(id) === sha256) this.#stream(stream).repeated++
    last.set(id, { text: sha256, sha256: known, place, highest: Math.max(place, last.get(id)?.highest ?? -1) })
  }

  /** A record says that another one is deleted: that must be so, and is said once. */
  tombstone(stream: string, id: string, line: number): void {
    const { last, buried } = this.#stream(stream)
    const isThere = this.#truth?.versions(stream, id)?.some(({ visibleUntil }) => visibleUntil === null)
    const { isListedDeleted } = rulesOf(stream)
    if (isThere && !isListedDeleted)
      this.#faults.add('unexpected', stream, `line ${line}: ${id} has a tombstone, and is there`)
    if (buried.has(id)) this.#faults.add('duplicate', stream, `line ${line}: ${id} has two tombstones`)
    buried.add(id)
    // What the stream still shows counts as delivered.
    const known = this.#options.ledger?.get(stream)
    if (isListedDeleted && (last.has(id) || known?.has(id))) return
    last.delete(id)
    known?.set(id, BURIED)
  }

  /** Reports records that had to be delivered and were not. Returns the hash of all that had to be delivered. */
  finish(stream: string): string {
    const { last } = this.#stream(stream)
    const expected: [id: string, sha256: string][] = []
    const bound = this.#options.lowerBound(stream)
    const { stillAt, visibleAt } = this.#options
    for (const { id, versions, place } of this.#truth?.shown(stream, visibleAt(stream)) ?? []) {
      const version = versions[place]
      if (version === undefined || (version.updatedAt ?? Number.POSITIVE_INFINITY) < bound) continue
      if (stillAt !== undefined && version.visibleUntil !== null && version.visibleUntil <= stillAt) continue
      // A list of deletions may tell of one that the search still shows.
      if (version.visibleUntil !== null && this.#isBuried(stream, id)) continue
      const came = last.get(id) ?? this.#cameEarlier(stream, id, versions)
      if (came === undefined && version.optional) continue
      if (version.unseen && (came?.place ?? -1) < place) continue
      expected.push([id, version.sha256])
      if (came === undefined) this.#faults.add('missing', stream, `${id} with updated_at ${version.updatedAt}`)
      else if (came.place < place) {
        const why = came.highest < place ? 'the newest version never came' : 'an older version came after it'
        this.#faults.add('stale', stream, `${id} with updated_at ${version.updatedAt}: ${why}`)
      }
    }
    return setHash(expected)
  }

  /** The hash over the last delivered version of each record. */
  deliveredHash(stream: string): string {
    return setHash(Array.from(this.#stream(stream).last, ([id, { sha256 }]) => [id, sha256]))
  }

  /** How many records came again with the text that an earlier sync had delivered last. */
  repeated(stream: string): number {
    return this.#stream(stream).repeated
  }

  /** Adds the version of each record that was delivered last. */
  addTo(ledger: DeliveryLedger): void {
    for (const [stream, { last, buried }] of this.#streams) {
      const known = ledger.get(stream) ?? new Map<string, string>()
      for (const id of buried) if (!known.has(id)) known.set(id, BURIED)
      for (const [id, { text }] of last) known.set(id, text)
      ledger.set(stream, known)
    }
  }

  #cameEarlier(
    stream: string,
    id: string,
    versions: readonly TruthLine[],
  ): { place: number; highest: number } | undefined {
    const sha256 = this.#options.ledger?.get(stream)?.get(id)
    if (sha256 === undefined || sha256 === BURIED) return undefined
    const place = this.#truth?.placeOf(versions, sha256) ?? -1
    return { place, highest: place }
  }

  #isBuried(stream: string, id: string): boolean {
    const { buried, last } = this.#stream(stream)
    if (buried.has(id)) return true
    return !last.has(id) && this.#options.ledger?.get(stream)?.get(id) === BURIED
  }

  /** How often a text may come: once, or once for every version of a parent that changed without its time. */
  #mostTimes({ stream, id, added }: DeliveredChild, sha256: string): number {
    if (!rulesOf(stream).parent?.canStayBehind) return 1
    const versions = this.#truth?.versions(stream, id) ?? []
    const time = Number(added.parent_updated_at ?? Number.NaN)
    return versions.filter((one) => one.updatedAt === time && one.sha256 === sha256).length
  }

  /** The place of a delivered text among the versions of its record, -1 when the record never had this text. */
  #placeOf(stream: string, id: string, sha256: string, line: number): number {
    if (this.#truth === undefined) return -1
    const versions = this.#truth.versions(stream, id)
    const place = versions === undefined ? -1 : this.#truth.placeOf(versions, sha256)
    const version = versions?.[place]
    if (versions === undefined) this.#faults.add('unexpected', stream, `line ${line}: there never was ${id}`)
    else if (version === undefined) this.#faults.add('unexpected', stream, `line ${line}: ${id} never had this text`)
    else if ((version.updatedAt ?? Number.POSITIVE_INFINITY) < this.#options.lowerBound(stream)) {
      this.#faults.add('unexpected', stream, `line ${line}: ${id} is older than the lower bound`)
    }
    return place
  }

  #stream(name: string): StreamDelivery {
    let stream = this.#streams.get(name)
    if (stream === undefined) {
      stream = { delivered: new Map(), last: new Map(), buried: new Set(), repeated: 0 }
      this.#streams.set(name, stream)
    }
    return stream
  }
}

function setHash(entries: [id: string, sha256: string][]): string {
  const lines = entries.map(([id, sha256]) => `${id} ${sha256}\n`).sort()
  const hash = createHash('sha256')
  for (const line of lines) hash.update(line)
  return hash.digest('hex')
}
