import { StartError } from './start-error.ts'

interface ListeningPlace {
  host: string
  port: number
  /** The variable that sets the port. */
  setting: 'PORT' | 'METRICS_PORT'
}

interface Listener {
  listen(place: { host: string; port: number; backlog: number }): Promise<string>
}

/**
 * Connections that may wait to be accepted; Linux allows 4,096 at most, unless it is told otherwise. When a thousand
 * readers come at once, Node's 511 are too few: the system then drops whoever else connects, who tries again after a
 * second, then after three.
 */
const mostWaiting = 4096

/** Where to listen is for the operator to mend: each of these codes, with what to do. */
const remedies: Readonly<Record<string, (place: ListeningPlace) => string>> = {
  EADDRINUSE: ({ setting }) => `is taken by another program: set ${setting} to another port, or to 0 for a free one`,
  EACCES: ({ setting }) => `is not for this user: set ${setting} to a port from 1024 on`,
  EADDRNOTAVAIL: () => 'is no address of this machine: set HOST to one, or to 0.0.0.0 for all of them',
  ENOTFOUND: () => 'is no address that is known here: set HOST to one of this machine',
}

/** Listens, and returns the address. @throws StartError that says which variable to set */
export async function listenOn(app: Listener, place: ListeningPlace): Promise<string> {
  const { host, port } = place
  try {
    return await app.listen({ host, port, backlog: mostWaiting })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const remedy = Object.hasOwn(remedies, code) ? remedies[code] : undefined
    if (!remedy) throw error
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    throw new StartError(`${address} ${remedy(place)} (${code})`)
  }
}
