import { isObject } from '../../src/json-object.ts'

/** What fast-check tells of a law that was broken. */
interface BrokenLaw {
  errorInstance: unknown
  seed: number
  counterexamplePath: string | null
  counterexample: unknown
}

/** What broke the law, how to draw it again, and the beginning of what was drawn. */
export function tellFailure({ errorInstance, seed, counterexamplePath, counterexample }: BrokenLaw): string {
  const drawn = JSON.stringify(counterexample, (_, value: unknown) => (isBuffer(value) ? textOf(value) : value))
  return `${String(errorInstance)}; seed ${seed}, path ${counterexamplePath}: ${drawn.slice(0, 2000)}`
}

/** A buffer, in the form in which JSON has it. */
function isBuffer(value: unknown): value is { data: number[] } {
  return isObject(value) && value.type === 'Buffer' && Array.isArray(value.data)
}

function textOf({ data }: { data: number[] }): string {
  return Buffer.from(data).toString('latin1')
}
