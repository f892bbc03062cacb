import { comparableHash, hasLongList } from './oracle/comparable-text.ts'
import { rulesOf } from './oracle/stream-rules.ts'
import { contactListIds, contactListNames } from './records/contact-lists.ts'
import { defaultRetyped, deliveredText, retypedId } from './records/delivered-text.ts'
import type { RecordSetting } from './records/record-definition.ts'
import type { RecordVersion } from './records/record-version.ts'
import type { TruthLine, TruthOptions } from './truth.ts'

type Hashes = Pick<TruthLine, 'sha256' | 'or'>

/** Hashes records as a sync with these options must deliver them. */
export class TextJudge {
  readonly #setting: RecordSetting
  readonly #version: string
  readonly #options: TruthOptions
  /** Part of the name under which a record keeps a digest. */
  readonly #name: string

  constructor(setting: RecordSetting, options: TruthOptions) {
    this.#setting = setting
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

  #own(stream: string, version: RecordVersion): Hashes {
    const text = (): string => this.#delivered(stream, version.textIn(this.#version))
    const rules = rulesOf(stream)
    const plain = version.digest(this.#name, () => comparableHash(text(), rules))
    if (version.hasExtra) {
      const extended = (): string => this.#delivered(stream, version.extendedTextIn(this.#version))
      return { sha256: plain, or: [version.digest(`${this.#name} extended`, () => comparableHash(extended(), rules))] }
    }
    if (!rules.hasLists) return { sha256: plain }
    const whole = version.digest(`${this.#name} whole`, () => {
      const served = text()
      return hasLongList(served) ? comparableHash(served, rules, this.#lists(version)) : plain
    })
    return whole === plain || this.#options.completeLists ? { sha256: whole } : { sha256: whole, or: [plain] }
  }

  #delivered(stream: string, text: Buffer): string {
    const { retyped } = this.#options
    return deliveredText(text.toString(), retyped?.[stream] ?? defaultRetyped[stream] ?? retypedId)
  }

  #lists({ plan }: RecordVersion): Record<string, readonly string[]> {
    return Object.fromEntries(contactListNames.map((name) => [name, contactListIds(name, plan, this.#setting)]))
  }
}
