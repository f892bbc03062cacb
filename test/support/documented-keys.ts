import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { keyspace } from './keys.ts'

const page = readFileSync(new URL('../../../docs/architecture/6-redis.md', import.meta.url), 'utf8')

/** A row of the tables of keys. */
export interface DocumentedKey {
  /** Without the prefix, e.g. `{job:<id>}:record`. */
  name: string
  type: string
  lives: string
}

/** All rows, of the tables of one job, of one connection, and of shared keys. */
export const documentedKeys: readonly DocumentedKey[] = page.split(/^## /m).flatMap((section) => {
  const owner = /^Keys of one \w+: `([^`]+)`/.exec(section)?.[1]
  if (!owner && !section.startsWith('Shared keys')) return []
  return [...section.matchAll(/^\| `([^`]+)` +\| (\S[^|]*?) +\| \S[^|]*\| (\S[^|]*?) +\|$/gm)].map(
    ([, name = '', type = '', lives = '']) => ({ name: owner ? `${owner}:${name}` : name, type, lives }),
  )
})

/** Keys in Redis that no row describes, or whose type is another; each with its type. */
export async function undocumentedKeys(redis: Redis): Promise<string[]> {
  const rows = documentedKeys.map(({ name, type }) => ({ pattern: patternOf(`${keyspace.prefix}:${name}`), type }))
  const found: string[] = []
  for (const key of await redis.keys(`${keyspace.prefix}:*`)) {
    const type = (await redis.type(key)).replace('zset', 'sorted set')
    const isKnown = rows.some((row) => row.pattern.test(key) && ['any', "BullMQ's", type].includes(row.type))
    if (!isKnown) found.push(`${key} (${type})`)
  }
  return found
}

/** `<…>` stands for any text, `…` for any ending. */
function patternOf(name: string): RegExp {
  const parts = name.split(/(<[^>]+>|…)/)
  return new RegExp(`^${parts.map((part) => (/^<|^…/.test(part) ? '.+' : escapeText(part))).join('')}$`)
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
