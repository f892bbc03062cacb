import { createHash } from 'node:crypto'
import { RefusedRequest } from '../serving/answer.ts'

/** The app of Intercom's Developer Hub with which people sign in. */
export interface SimulatedApp {
  clientId: string
  clientSecret: string
  /** Scopes that its tokens lack. */
  lacks: string[]
}

interface Consent {
  code: string
  /** Ms since the epoch. */
  at: number
  workspaceId: string
}

interface ConsentOptions {
  seed: number
  app: SimulatedApp
  /** Valid tokens, and the scopes each lacks. */
  accessTokens: Record<string, string[]>
  clock: { now(): number }
}

/** A code is good for five minutes, and once. */
const codeMs = 300_000

/** People who have let the app into their workspaces. */
export class Consents {
  readonly #options: ConsentOptions
  readonly #open = new Map<string, Consent>()
  readonly #workspaces = new Map<string, string>()
  #count = 0

  constructor(options: ConsentOptions) {
    this.#options = options
  }

  get app(): SimulatedApp {
    return this.#options.app
  }

  /** Somebody says yes. @returns the code, which ends as Intercom's do */
  allow(workspaceId: string): string {
    const code = `${this.#draw('code')}=`
    this.#open.set(code, { code, at: this.#options.clock.now(), workspaceId })
    return code
  }

  /** @throws RefusedRequest 401 for a code that is used, too old or unknown, and for another client */
  exchange(clientId: unknown, clientSecret: unknown, code: unknown): string {
    const { app, accessTokens, clock } = this.#options
    if (clientId !== app.clientId || clientSecret !== app.clientSecret)
      throw new RefusedRequest(401, 'unauthorized', 'Unauthorized')
    const consent = this.#open.get(String(code))
    if (!consent || clock.now() - consent.at > codeMs)
      throw new RefusedRequest(401, 'unauthorized', 'Unauthorized Code')
    this.#open.delete(consent.code)
    const token = this.#draw('token')
    accessTokens[token] = [...app.lacks]
    this.#workspaces.set(token, consent.workspaceId)
    return token
  }

  /** The workspace that a token was given for; undefined of a token that nobody has signed in for. */
  workspaceOf(token: string): string | undefined {
    return this.#workspaces.get(token)
  }

  /** The owner takes the app's access away, or that of one token. From now on it is invalid. */
  revoke(token?: string): number {
    const { accessTokens } = this.#options
    const tokens = token === undefined ? [...this.#workspaces.keys()] : [token]
    const valid = tokens.filter((one) => Object.hasOwn(accessTokens, one))
    for (const one of valid) delete accessTokens[one]
    return valid.length
  }

  /** The same for the same seed and place; 44 characters, as Intercom's. */
  #draw(kind: string): string {
    const digest = createHash('sha256')
      .update(`${this.#options.seed} ${kind} ${++this.#count}`)
      .digest('base64url')
    return kind === 'token' ? `dG9rOn${digest.slice(0, 37)}` : digest.slice(0, 42)
  }
}
