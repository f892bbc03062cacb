import { forgetAll, keep, readKept } from './kept.ts'

const storageKey = 'API key'

type Listener = () => void

const listeners = new Set<Listener>()
let apiKey = readKept(storageKey)
let isRefused = false

/** Who uses the page: an API key, or nobody in particular where the service asks for none. */
export const session = {
  get apiKey(): string | undefined {
    return apiKey
  },

  /** Whether the service has refused the last call for want of a right key. */
  get isRefused(): boolean {
    return isRefused
  },

  signIn(key: string): void {
    apiKey = key
    isRefused = false
    keep(storageKey, key)
    tell()
  },

  /** Forgets the key, and all that the tab has kept for it. */
  signOut(): void {
    apiKey = undefined
    isRefused = true
    forgetAll()
    tell()
  },

  /** @param key with which the call was refused; an answer to an older key says nothing about a newer one */
  refuse(key: string | undefined): void {
    if (key !== apiKey || isRefused) return
    isRefused = true
    tell()
  },

  onChange(listener: Listener): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
}

function tell(): void {
  for (const listener of listeners) listener()
}
