import { lookup } from 'node:dns/promises'
import type { Resolve } from './receivers.ts'

/** As the system resolves names, with its file of hosts. */
export const resolveWithSystem: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true })
  return found.map(({ address }) => address)
}
