/**
 * The scanner of answers written plainly and slowly, one character after the other: what the fast one is compared with.
 * It takes nothing from it.
 */

/** A record as this scanner finds it. */
export interface PlainRecord {
  start: number
  end: number
  longDigits: boolean
  surrogateEscape: boolean
  lineBreak: boolean
  /** Start and end of the value of each wanted member that is there. */
  members: Record<string, [start: number, end: number]>
}

/** What it makes of a body: its records, or the first byte that is not JSON. */
export type PlainScan = { records: PlainRecord[] | undefined } | { notJsonAt: number }

/** @param path keys that lead to the records @param wanted members to find in each */
export function scanPlainly(body: Buffer, path: readonly string[], wanted: readonly string[]): PlainScan {
  const reader = new PlainReader(body)
  try {
    return { records: reader.answer(path, wanted) }
  } catch (error) {
    if (error instanceof NotJson) return { notJsonAt: error.at }
    throw error
  }
}

class NotJson extends Error {
  readonly at: number
  constructor(at: number) {
    super()
    this.at = at
  }
}

const HEX = /^[0-9a-fA-F]$/

class PlainReader {
  readonly #text: string
  #at = 0
  #records: PlainRecord[] | undefined
  #marks = { longDigits: false, surrogateEscape: false, lineBreak: false }

  constructor(body: Buffer) {
    this.#text = body.toString('latin1')
  }

  answer(path: readonly string[], wanted: readonly string[]): PlainRecord[] | undefined {
    this.#space()
    this.#descend(path, wanted)
    this.#space()
    if (this.#at !== this.#text.length) throw new NotJson(this.#at)
    return this.#records
  }

  #descend([key, ...rest]: readonly string[], wanted: readonly string[]): void {
    if (key === undefined && this.#text[this.#at] === '[') {
      const found: PlainRecord[] = []
      this.#records = found
      this.#list(() => found.push(this.#record(wanted)))
    } else if (key !== undefined && this.#text[this.#at] === '{')
      this.#object((name) => (name === key ? this.#descend(rest, wanted) : this.#value()))
    else this.#value()
  }

  #record(wanted: readonly string[]): PlainRecord {
    const around = this.#marks
    this.#marks = { longDigits: false, surrogateEscape: false, lineBreak: false }
    const start = this.#at
    const found = new Map<string, [number, number]>()
    this.#object((name) => {
      const from = this.#at
      this.#value()
      found.set(name, [from, this.#at])
    })
    const members: PlainRecord['members'] = {}
    for (const name of wanted) {
      const span = found.get(name)
      if (span) members[name] = span
    }
    const record = { start, end: this.#at, ...this.#marks, members }
    this.#marks = around
    return record
  }

  #object(visit: (name: string) => void): void {
    this.#expect('{')
    this.#space()
    if (this.#text[this.#at] === '}') this.#at++
    else
      for (;;) {
        const start = this.#at
        this.#string()
        const name = JSON.parse(Buffer.from(this.#text.slice(start, this.#at), 'latin1').toString('utf8')) as string
        this.#space()
        this.#expect(':')
        this.#space()
        visit(name)
        this.#space()
        if (this.#ends('}')) return
      }
  }

  #list(visit: () => void): void {
    this.#expect('[')
    this.#space()
    if (this.#text[this.#at] === ']') this.#at++
    else
      for (;;) {
        visit()
        this.#space()
        if (this.#ends(']')) return
      }
  }

  /** Takes what closes, or a comma with the space behind it. */
  #ends(closer: string): boolean {
    if (this.#text[this.#at] === closer) {
      this.#at++
      return true
    }
    this.#expect(',')
    this.#space()
    return false
  }

  #value(): void {
    const first = this.#text[this.#at]
    if (first === '{') this.#object(() => this.#value())
    else if (first === '[') this.#list(() => this.#value())
    else if (first === '"') this.#string()
    else if (first === 't') this.#word('true')
    else if (first === 'f') this.#word('false')
    else if (first === 'n') this.#word('null')
    else this.#number()
  }

  #word(word: string): void {
    for (const letter of word) this.#expect(letter)
  }

  #string(): void {
    this.#expect('"')
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined || character < ' ') throw new NotJson(this.#at)
      if (character === '\\') this.#escape()
      else this.#at++
      if (character === '"') return
    }
  }

  #escape(): void {
    const kind = this.#text[this.#at + 1]
    if (kind === undefined || !'"\\/bfnrtu'.includes(kind)) throw new NotJson(this.#at)
    this.#at += 2
    if (kind !== 'u') return
    for (const place of [0, 1, 2, 3])
      if (!HEX.test(this.#text[this.#at + place] ?? '')) throw new NotJson(this.#at + place)
    if (/^d[89a-f]/i.test(this.#text.slice(this.#at, this.#at + 2))) this.#marks.surrogateEscape = true
    this.#at += 4
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits()
    if (this.#text[this.#at] === '.') {
      this.#at++
      this.#digits()
    }
    if (!/^e$/i.test(this.#text[this.#at] ?? '')) return
    this.#at++
    if (/^[-+]$/.test(this.#text[this.#at] ?? '')) this.#at++
    this.#digits()
  }

  #digits(): void {
    const start = this.#at
    while (/^[0-9]$/.test(this.#text[this.#at] ?? '')) this.#at++
    if (this.#at === start) throw new NotJson(start)
    if (this.#at - start >= 16) this.#marks.longDigits = true
  }

  #space(): void {
    for (; ; this.#at++) {
      const character = this.#text[this.#at]
      if (character === '\n' || character === '\r') this.#marks.lineBreak = true
      else if (character !== ' ' && character !== '\t') return
    }
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new NotJson(this.#at)
    this.#at++
  }
}
