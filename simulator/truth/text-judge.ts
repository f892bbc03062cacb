import { comparableHash, hasLongList } from '../oracle/comparable-text.ts'
import { rulesOf } from '../oracle/stream-rules.ts'
import { type ContactList, contactListItems, contactListNames } from '../records/contact-lists.ts'
import { defaultRetyped, deliveredText, retypedId } from '../records/delivered-text.ts'
import type { RecordVersion } from '../records/record-version.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { TruthLine, TruthOptions } from './truth.ts'

type Hashes = Pick<TruthLine, 'sha256' | 'or'>

/** Hashes records as a sync with these options must deliver them. */
export class TextJudge {
  readonly #workspace: Workspace
  readonly #version: string
  readonly #options: TruthOptions
  /** Part of the name under which a record stores a digest. */
  readonly #name: string

  constructor(workspace: Workspace, options: TruthOptions) {
    this.#workspace = workspace
    this.#options = options
    this.#version = options.version ?? '2.16'
    this.#name = `${this.#version} ${JSON.stringify(options.retyped ?? '')}`
  }

  hashes(stream: string, version: RecordVersion): Hashes {
    const own = this.#own(stream, version)
    if (version.alike === undefined) return own
    const { sha256, or = [] } = this.hashes(stream, version.alike)
    return { sha256: own.sha256, or: [...(own.or ?? []), sha256, ...or] }
  }

  /** The hash of a text as Intercom gives it. */
  hashOf(stream: string, text: string): string {
    return comparableHash(this.#delivered(stream, Buffer.from(text)), rulesOf(stream))
  }

  #own(stream: string, version: RecordVersion): Hashes {
    const text = (): string => this.#delivered(stream, version.textIn(this.#version))
    const rules = rulesOf(stream)
    const plain = version.digest(this.#name, () => comparableHash(text(), rules))
    if (version.hasExtra) {
      const extended = (): string => this.#delivered(stream, version.extendedTextIn(this.#version))
      return { sha256: plain, or: [version.digest(`${this.#name} extended`, () => comparableHash(extended(), rules))] }
    }
    if (!rules.hasLists) return { sha256: plain }
    const hasLong = version.digest('has a long list', () => String(hasLongList(version.text.toString())))
    if (hasLong === 'false') return { sha256: plain }
    const [whole = plain, ...later] = this.#listsRead(version).map((revisions) =>
      version.digest(`${this.#name} whole ${JSON.stringify(revisions)}`, () =>
        comparableHash(text(), rules, this.#lists(version, revisions)),
      ),
    )
    const or = [...later, ...(this.#options.completeLists === false ? [plain] : [])]
    return { sha256: whole, ...(or.length > 0 && { or }) }
  }

  /**
   * Long lists are read after their contact, each by itself. The contact may change meanwhile, so each list can be from
   * a later revision. The first of these combinations has all lists unchanged. Below a deleted contact nothing is
   * found, although the search may still show the contact for a while. So lists not read before the deletion stay cut.
   * Nor are those read of which a sync has told that Intercom kept failing over them.
   */
  #listsRead(version: RecordVersion): Record<string, number>[] {
    const { plan, text } = version
    const isTold = this.#options.unreadLists?.has(plan.id) === true
    const mayStayCut = isTold || this.#workspace.collection('contacts').find(plan.id) === undefined
    const latest = this.#workspace.collection('contacts').lastRevision(plan.id) ?? plan.revision
    const revisions = Array.from({ length: latest - plan.revision + 1 }, (_, place) => plan.revision + place)
    const lists = JSON.parse(text.toString()) as Record<string, { has_more?: boolean }>
    const combined = (names: readonly string[]): Record<string, number>[] => {
      const [name, ...others] = names
      if (name === undefined) return [{}]
      const rests = combined(others)
      const read = revisions.flatMap((revision) => rests.map((rest) => ({ [name]: revision, ...rest })))
      return mayStayCut ? [...read, ...rests] : read
    }
    return combined(contactListNames.filter((name) => lists[name]?.has_more))
  }

  #delivered(stream: string, text: Buffer): string {
    const { retyped } = this.#options
    return deliveredText(text.toString(), retyped?.[stream] ?? defaultRetyped[stream] ?? retypedId)
  }

  #lists({ plan }: RecordVersion, revisions: Record<string, number>): Record<string, readonly object[]> {
    const itemsIn = (name: ContactList, revision: number): readonly object[] =>
      contactListItems(name, { index: plan.index, revision }, this.#workspace.setting)
    return Object.fromEntries(
      Object.entries(revisions).map(([name, revision]) => [name, itemsIn(name as ContactList, revision)]),
    )
  }
}
