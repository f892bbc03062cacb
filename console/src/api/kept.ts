import { serviceRoot } from '../routing/service-root.ts'

/**
 * What this tab keeps until it is closed. Another service below another path of the same origin keeps its own. Where the
 * browser keeps nothing (storage is full, or switched off), it is kept as long as the page is not loaded anew.
 */
const names = ['API key', 'draft'] as const

type Name = (typeof names)[number]

const unkept = new Map<Name, string>()

export function readKept(name: Name): string | undefined {
  try {
    return unkept.get(name) ?? sessionStorage.getItem(keyOf(name)) ?? undefined
  } catch {
    return undefined
  }
}

export function keep(name: Name, text: string): void {
  try {
    sessionStorage.setItem(keyOf(name), text)
    unkept.delete(name)
  } catch {
    unkept.set(name, text)
  }
}

export function forget(name: Name): void {
  unkept.delete(name)
  try {
    sessionStorage.removeItem(keyOf(name))
  } catch {
    // Nothing can have been kept there.
  }
}

/** Forgets all that is ours, and nothing of others at the same origin. */
export function forgetAll(): void {
  for (const name of names) forget(name)
}

function keyOf(name: Name): string {
  return `intercom-sync ${name} ${serviceRoot.pathname}`
}
