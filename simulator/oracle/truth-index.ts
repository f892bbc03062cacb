import type { TruthLine } from '../truth/truth.ts'

type Versions = TruthLine[]

/** Record versions by stream and id, oldest first. */
export class TruthIndex {
  readonly #streams = new Map<string, Map<string, Versions>>()

  add(line: TruthLine): void {
    let records = this.#streams.get(line.stream)
    if (records === undefined) {
      records = new Map()
      this.#streams.set(line.stream, records)
    }
    const versions = records.get(line.id)
    if (versions === undefined) records.set(line.id, [line])
    else versions.push(line)
  }

  get streamNames(): string[] {
    return [...this.#streams.keys()]
  }

  /**
   * The version with this text; the last one, because a text may come again. -1 when the record never had this text.
   */
  placeOf(versions: readonly TruthLine[], sha256: string): number {
    return versions.findLastIndex((version) => version.sha256 === sha256 || version.or?.includes(sha256))
  }

  versions(stream: string, id: string): Versions | undefined {
    return this.#streams.get(stream)?.get(id)
  }

  /**
   * The records that the search showed at a time: for each one the place of that version among its versions.
   *
   * @param visibleAt ms since the epoch
   */
  *shown(stream: string, visibleAt: number): Generator<{ id: string; versions: Versions; place: number }> {
    for (const [id, versions] of this.#streams.get(stream) ?? []) {
      const place = versions.findLastIndex(
        ({ visibleFrom, visibleUntil }) =>
          visibleFrom <= visibleAt && (visibleUntil === null || visibleUntil > visibleAt),
      )
      if (place !== -1) yield { id, versions, place }
    }
  }
}

/** Reads the truth from any source of lines. */
export async function indexTruth(lines: AsyncIterable<TruthLine> | Iterable<TruthLine>): Promise<TruthIndex> {
  const index = new TruthIndex()
  for await (const line of lines) index.add(line)
  return index
}
