import { readFileSync } from 'node:fs'
import { JsonTextError } from './json-text.ts'

/** Node has it, and its types do not say so. */
declare const WebAssembly: {
  Module: new (program: Uint8Array) => object
  Instance: new (program: object) => { exports: unknown }
}

/** What `assembly/record-scanner.ts` exports. Places in its memory, and lengths in bytes, are numbers. */
interface Scanner {
  readonly memory: { readonly buffer: ArrayBuffer }
  nameAt(place: number): number
  setName(place: number, length: number): void
  setNames(count: number): void
  roomFor(length: number): number
  scanRecords(position: number, isSingle: boolean, most: number): number
  foundAt(): number
  endsAt(): number
}

/** The records of an answer as numbers. */
export interface FoundRecords {
  count: number
  /** For each record its start, end, marks, which values hold a `true`, and then start and end of each name's value. */
  numbers: Int32Array
  /** The position behind the array, or behind the one record. */
  end: number
}

/** So many numbers of a record come before those of its members. */
export const NUMBERS_BEFORE_MEMBERS = 4

/** Bits of a record's marks. */
export const recordMarks = { longDigits: 1, surrogateEscape: 2, lineBreak: 4 } as const

/** What the scanner returns in place of a count. */
const tooMany = -2
const hasEscapedKey = -3

const mostNames = 32
const mostNameBytes = 64

/** Nearly all answers are smaller. Memory of WebAssembly never shrinks, so what a larger one has needed is not kept. */
const mostKept = 8 << 20

const program = new WebAssembly.Module(readFileSync(new URL('./record-scanner.wasm', import.meta.url)))
let scanner: Scanner | undefined
let namesSet: readonly string[] | undefined

/**
 * Finds the records of an array, or one record, and where the values of some members are. Much faster than the same in
 * JavaScript, above all for the first answers of a process.
 *
 * @param position of the array's bracket, or of the one record
 * @param most records
 * @returns undefined if a key is written with escapes: such a key has to be read, which the scanner does not
 * @throws JsonTextError when the text is not JSON, or a record is not an object
 */
export function findRecords(
  body: Buffer,
  position: number,
  names: readonly string[],
  isSingle: boolean,
  most: number,
): FoundRecords | 'too many' | undefined {
  const scan = scannerOf(names)
  const { memory } = scan
  const room = scan.roomFor(body.length)
  new Uint8Array(memory.buffer).set(body, room)
  const count = scan.scanRecords(position, isSingle, most)
  const end = scan.endsAt()
  const length = Math.max(0, count) * (NUMBERS_BEFORE_MEMBERS + 2 * names.length)
  const numbers = new Int32Array(memory.buffer, scan.foundAt(), length).slice()
  if (memory.buffer.byteLength > mostKept) scanner = undefined
  if (count === hasEscapedKey) return undefined
  if (count === tooMany) return 'too many'
  if (count < 0) throw new JsonTextError(end)
  return { count, numbers, end }
}

function scannerOf(names: readonly string[]): Scanner {
  if (!scanner) {
    scanner = new WebAssembly.Instance(program).exports as Scanner
    namesSet = undefined
  }
  if (namesSet !== names) setNames(scanner, names)
  namesSet = names
  return scanner
}

function setNames(scanner: Scanner, names: readonly string[]): void {
  if (names.length > mostNames) throw new RangeError(`${names.length} members to find, ${mostNames} at most`)
  const memory = new Uint8Array(scanner.memory.buffer)
  for (const [place, name] of names.entries()) {
    const bytes = Buffer.from(name)
    if (bytes.length > mostNameBytes) throw new RangeError(`"${name}" is longer than ${mostNameBytes} bytes`)
    memory.set(bytes, scanner.nameAt(place))
    scanner.setName(place, bytes.length)
  }
  scanner.setNames(names.length)
}
