import { pick, type Random } from '../random.ts'

const names = ['Ada Example', 'Björn Example', 'Chidi O&#39;Neil', '陳 Example', 'Émile Example &amp; Co'] as const
const firstAdmin = 991_267_459
const firstTeam = 5_017_691

/** Ids of admins and teams, in the order of their creation. */
export const adminId = (index: number): string => String(firstAdmin + index)
export const teamId = (index: number): string => String(firstTeam + index)

export const adminName = (index: number): string => names[index % names.length] ?? ''
export const adminEmail = (index: number): string => `admin${index + 1}@example.com`

/** An id as Intercom writes it: a number on some rows, a string on others. */
export function numberOrText(random: Random, id: string): number | string {
  return random() < 0.5 ? Number(id) : id
}

/** A reference to an admin of the workspace. */
export function authorAdmin(random: Random, adminCount: number): Record<string, string> {
  const index = Math.floor(random() * Math.max(1, adminCount))
  return { type: 'admin', id: adminId(index), name: adminName(index), email: adminEmail(index) }
}

/** The bots that answer in conversations. */
export function authorBot(random: Random): Record<string, string> {
  return { type: 'bot', id: '278', name: pick(random, ['Fin', 'Operator']), email: 'operator+sim@intercom.io' }
}
