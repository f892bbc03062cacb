import { randomInt, timingSafeEqual } from 'node:crypto'

/** Letters and digits that nobody takes for each other. */
const characters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Eight characters, in two groups: `K7QF-2MPX`. */
export function createConfirmationCode(): string {
  const group = () => Array.from({ length: 4 }, () => characters[randomInt(characters.length)]).join('')
  return `${group()}-${group()}`
}

/** Whether somebody has typed this code, in whatever case, with or without the hyphen. */
export function isSameCode(typed: string, code: string): boolean {
  const plain = (text: string) => Buffer.from(text.toUpperCase().replace(/[\s-]/g, ''))
  const [given, expected] = [plain(typed), plain(code)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
