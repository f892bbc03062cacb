import { createRandom } from '../random.ts'

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0').slice(-digits)

/** 24 hex digits, of which the first eight are the second of creation. @param kind distinguishes streams */
export function objectId(seed: number, kind: number, index: number, createdAt: number): string {
  const random = createRandom(seed, kind, index, 0x1d)
  return hex(createdAt, 8) + hex(Math.floor(random() * 0x1_0000_0000), 8) + hex(index, 8)
}
