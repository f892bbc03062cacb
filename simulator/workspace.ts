import type { Clock } from '../src/clock.ts'
import { applyMutation, type Mutation } from './mutations.ts'
import type { SimulatorOptions } from './options.ts'
import { createRandom, type Random } from './random.ts'
import { Collection } from './records/collection.ts'
import { contactDefinition } from './records/contact-record.ts'
import { contactOddities } from './records/oddities.ts'
import type { RecordSetting } from './records/record-definition.ts'
import { tagDefinition } from './records/tag-record.ts'
import { SearchIndex } from './search/search-index.ts'
import { type TruthLine, truthOf } from './truth.ts'

interface ServedStream {
  collection: Collection
  index: SearchIndex
}

/** The data of the simulated workspace: what there is, what there was, and what search shows of it. */
export class Workspace {
  readonly id: string
  readonly #streams: ReadonlyMap<string, ServedStream>
  readonly #clock: Clock
  readonly #indexLagMs: number
  readonly #random: Random

  constructor(options: Required<SimulatorOptions>) {
    this.id = `sim${options.seed}`
    this.#clock = options.clock
    this.#indexLagMs = options.indexLagMs
    this.#random = createRandom(options.seed, 5)
    const setting: RecordSetting = {
      seed: options.seed,
      workspaceId: this.id,
      span: options.span,
      tagCount: options.tags,
      oddities: options.oddities,
    }
    const contacts = options.contacts + (options.oddities ? contactOddities.length : 0)
    this.#streams = new Map(
      [new Collection(contactDefinition, setting, contacts), new Collection(tagDefinition, setting, options.tags)].map(
        (collection) => [collection.definition.stream, { collection, index: new SearchIndex(collection.latest()) }],
      ),
    )
  }

  /** What search shows of a stream now. */
  index(stream: string): SearchIndex {
    const { index } = this.#stream(stream)
    index.advance(this.#clock.now())
    return index
  }

  /**
   * Changes records now; search shows it after the index lag.
   *
   * @returns the ids of the records changed
   */
  mutate(mutation: Mutation): string[] {
    const { collection, index } = this.#stream(mutation.stream ?? 'contacts')
    const now = this.#clock.now()
    const changes = applyMutation(collection, mutation, { now, visibleFrom: now + this.#indexLagMs }, this.#random)
    index.add(changes)
    return changes.map(({ added, removed }) => (added ?? removed)?.plan.id ?? '')
  }

  /** Every version of every record there ever was: what a sync is judged by. */
  truth(): Generator<TruthLine> {
    return truthOf(Array.from(this.#streams.values(), ({ collection }) => collection))
  }

  #stream(name: string): ServedStream {
    const stream = this.#streams.get(name)
    if (stream === undefined) throw new RangeError(`The simulator has no stream "${name}"`)
    return stream
  }
}
