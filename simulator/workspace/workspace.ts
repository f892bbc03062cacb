import type { Clock } from '../../src/clock.ts'
import type { SimulatorOptions } from '../options.ts'
import { createRandom, integerBetween, type Random } from '../random.ts'
import { adjustedDefinition } from '../records/adjusted-definition.ts'
import { Collection } from '../records/collection.ts'
import type { RecordSetting } from '../records/record-definition.ts'
import { UrlSigner } from '../records/signed-urls.ts'
import { findStoredStream, optInNames, settingOf, streamNames } from '../records/streams.ts'
import { SearchIndex } from '../search/search-index.ts'
import { type TruthLine, type TruthOptions, truthOf } from '../truth/truth.ts'
import { Companies } from './companies.ts'
import { Contacts } from './contacts.ts'
import { Conversations } from './conversations.ts'
import { InactiveContacts } from './inactive-contacts.ts'
import { applyMutation, type MadeChange, type Mutation, ordinaryChanges, type RecordChanges } from './mutations.ts'
import { Tickets } from './tickets.ts'

interface ServedStream {
  collection: Collection
  index: SearchIndex
}

/** The data of the simulated workspace: the present records, the earlier versions, and what the search shows. */
export class Workspace {
  /** As `/me` writes it. */
  id: string
  readonly setting: RecordSetting
  readonly signer = new UrlSigner()
  /** When it was set up, Unix seconds. */
  readonly openedAt: number
  /** Every change made, in order. */
  readonly changes: MadeChange[] = []
  /** Orders records that have no order of their own. */
  readonly tieRandom: Random
  readonly #options: Required<SimulatorOptions>
  readonly #clock: Clock
  readonly #random: Random
  readonly #lagRandom: Random
  readonly #streams = new Map<string, ServedStream>()
  #conversations: Conversations | undefined
  #companies: Companies | undefined
  #tickets: Tickets | undefined
  #contacts: Contacts | undefined

  constructor(options: Required<SimulatorOptions>) {
    this.id = `sim${options.seed}`
    this.setting = settingOf(options, this.id)
    this.#options = options
    this.openedAt = Math.floor(options.clock.now() / 1000)
    this.#clock = options.clock
    this.#random = createRandom(options.seed, 5)
    this.#lagRandom = createRandom(options.seed, 27)
    this.tieRandom = createRandom(options.seed, 28)
  }

  get conversations(): Conversations {
    this.#conversations ??= new Conversations(
      this.collection('conversations'),
      this.collection('deleted_conversations'),
      this.setting,
    )
    return this.#conversations
  }

  get companies(): Companies {
    this.#companies ??= new Companies(this.collection('companies'), this.collection('segments'), this.#options)
    return this.#companies
  }

  get contacts(): Contacts {
    const contacts = this.collection('contacts')
    this.#contacts ??= new Contacts(
      contacts,
      new InactiveContacts(contacts, this.collection('deleted_contacts'), this.collection('contact_activities')),
    )
    return this.#contacts
  }

  get tickets(): Tickets {
    this.#tickets ??= new Tickets(this.collection('tickets'), this.setting)
    return this.#tickets
  }

  /** The streams it has records for: those that every workspace has, and the others it was set up with. */
  get streamNames(): string[] {
    const told = optInNames.filter(([, stored]) => this.collection(stored).log.length > 0)
    return [...streamNames, ...told.map(([name]) => name)]
  }

  /** All records of a stream as they are now, whether or not the search shows them yet. */
  collection(stream: string): Collection {
    return this.#stream(stream).collection
  }

  /** What search shows of a stream now. */
  index(stream: string): SearchIndex {
    const { index } = this.#stream(stream)
    index.advance(this.#clock.now())
    return index
  }

  /**
   * Changes records now; the search shows the change after the index lag.
   *
   * @returns the ids of the records changed
   */
  mutate(mutation: Mutation): string[] {
    const { stream = 'contacts' } = mutation
    const { collection, index } = this.#stream(stream)
    const now = this.#clock.now()
    const time = { now, visibleFrom: now + (mutation.lagMs ?? this.#lagOf(stream)) }
    const changes = applyMutation(collection, this.#changesOf(stream, collection), mutation, time, this.#random)
    for (const { removed, added } of changes) {
      if (removed !== undefined) removed.endedAt = now
      if (added !== undefined) added.begunAt = now
    }
    index.add(changes)
    // Contacts are found by their segments.
    if (stream === 'segments') this.#streams.get('contacts')?.index.forget()
    if (stream === 'contacts' && mutation.kind === 'create')
      for (const { added } of changes) this.contacts.inactive.noteCreated(added?.plan.id ?? '', time)
    const ids = changes.map(({ added, removed, changed }) => (added ?? removed ?? changed)?.plan.id ?? '')
    this.changes.push({ ...time, mutation, ids })
    return ids
  }

  /** How long the search takes to show a change in a stream, ms. */
  #lagOf(stream: string): number {
    const lag = Object.hasOwn(this.#options.indexLagsMs, stream) ? this.#options.indexLagsMs[stream] : undefined
    if (lag === undefined) return this.#options.indexLagMs
    const { from, to } = lag.rarely !== undefined && this.#lagRandom() < lag.rarely.share ? lag.rarely : lag
    return integerBetween(this.#lagRandom, from, to)
  }

  /** Every version of every record there ever was: a sync is judged by this. */
  truth(options?: TruthOptions): Generator<TruthLine> {
    return truthOf(this, options)
  }

  #changesOf(stream: string, collection: Collection): RecordChanges {
    if (stream === 'contacts') return this.contacts.changes
    if (stream === 'conversations') return this.conversations.changes
    if (stream === 'companies') return this.companies.changes
    if (stream === 'tickets') return this.tickets.changes
    // Entries of the log are never changed or deleted.
    if (stream === 'activity_logs') return {}
    return ordinaryChanges(collection)
  }

  /** Streams are made when they are first requested, so a test of one does not pay for the others. */
  #stream(name: string): ServedStream {
    let served = this.#streams.get(name)
    if (served !== undefined) return served
    const stored = findStoredStream(name)
    const definition = adjustedDefinition(stored.definition(this.#options), this.#options)
    const collection = new Collection(definition, this.setting, stored.count(this.#options))
    served = { collection, index: new SearchIndex(collection.latest().filter(({ isListed }) => isListed)) }
    this.#streams.set(name, served)
    return served
  }
}
