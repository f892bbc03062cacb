import { readFileSync } from 'node:fs'

/** Variables by name, as a process has them. */
export type Environment = Record<string, string | undefined>

/** The service cannot run with this environment. The message names every fault and the fix. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

/** The functions that read variables. */
export type VariableReader = ReturnType<typeof createVariableReader>

/** Reads variables. Collects faults instead of stopping at the first. An empty variable counts as not set. */
export function createVariableReader(environment: Environment, faults: string[]) {
  const text = (name: string): string | undefined => textOf(environment, name)

  const integer = <Fallback extends number | undefined>(
    name: string,
    fallback: Fallback,
    least: number,
    most: number,
  ): number | Fallback => {
    const value = text(name)
    if (value === undefined) return fallback
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    const unset = fallback === undefined ? 'unset it' : `unset it for ${fallback}`
    faults.push(`${name} is "${value}"; set a whole number from ${least} to ${most}, or ${unset}`)
    return fallback
  }

  const choice = (name: string, fallback: string, choices: string[]): string => {
    const value = text(name) ?? fallback
    if (!choices.includes(value)) faults.push(`${name} is "${value}"; set one of ${choices.join(', ')}`)
    return value
  }

  // The value itself is not shown, because a Redis URL usually holds a password.
  const url = (name: string, protocols: string[], judge: (url: URL) => string | undefined): string | undefined => {
    const value = text(name)
    if (!value) return undefined
    const parsed = URL.canParse(value) ? new URL(value) : undefined
    const starts = protocols.map((protocol) => `${protocol}//`).join(' or ')
    if (!parsed || !protocols.includes(parsed.protocol)) faults.push(`${name} is not a URL that starts with ${starts}`)
    else if (parsed.hostname === '') faults.push(`${name} names no host; put one behind ${starts}`)
    else {
      const fault = judge(parsed)
      if (fault === undefined) return value
      faults.push(`${name} ${fault}`)
    }
    return undefined
  }

  /** Whether NAME or NAME_FILE is set, to any value. */
  const isSet = (name: string): boolean => (environment[name] ?? environment[`${name}_FILE`]) !== undefined

  /** Whether a variable is set, to nothing. */
  const isEmpty = (name: string): boolean => environment[name]?.trim() === ''

  return {
    text,
    integer,
    choice,
    url,
    file: (name: string) => readNamedFile(environment, faults, name),
    secret: createSecretReader(environment, faults),
    entries: createListReader(environment, faults),
    isSet,
    isEmpty,
  }
}

/** A secret with the variable that it comes from, so that faults can name the variable. */
export interface Secret {
  variable: string
  value: string
}

/** Reads one secret from NAME, or from the file in NAME_FILE. */
function createSecretReader(environment: Environment, faults: string[]) {
  return (name: string): Secret | undefined => {
    const ofFile = `${name}_FILE`
    const direct = textOf(environment, name)
    if (direct !== undefined && textOf(environment, ofFile) !== undefined)
      faults.push(`${name} and ${ofFile} are both set; unset one of them`)
    if (direct !== undefined) return { variable: name, value: direct }
    const text = readNamedFile(environment, faults, ofFile)
    if (text === undefined) return undefined
    const value = text.trim()
    if (value === '') faults.push(`${ofFile} names an empty file; put the value there, or unset it`)
    return value === '' ? undefined : { variable: ofFile, value }
  }
}

/** The text of the file that a variable names; undefined where the variable is not set, or the file cannot be read. */
function readNamedFile(environment: Environment, faults: string[], name: string): string | undefined {
  const path = textOf(environment, name)
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    faults.push(`${name} names a file that cannot be read (${reason})`)
    return undefined
  }
}

/** Reads lists from variables, or from files that variables name. */
function createListReader(environment: Environment, faults: string[]) {
  const parseEntry = <T>(where: string, entry: string, parse: (entry: string) => T): T[] => {
    try {
      return [parse(entry)]
    } catch (error) {
      faults.push(`${where} ${error instanceof Error ? error.message : String(error)}`)
      return []
    }
  }

  /** A list from NAME (split at commas and white space), or the file in NAME_FILE (one per line, # for comments). */
  return <T>(name: string, parse: (entry: string) => T): T[] => {
    const names = [name, `${name}_FILE`].filter((one) => environment[one] !== undefined)
    const full = names.filter((one) => textOf(environment, one) !== undefined)
    // If one of the two is empty, it counts as not set. The other one then protects the service.
    const [source] = [...full, ...names]
    if (source === undefined) return []
    if (full.length > 1) faults.push(`${full.join(' and ')} are both set; unset one of them`)
    const value = textOf(environment, source)
    const list = value === undefined || source === name ? value : readNamedFile(environment, faults, source)
    const given = (list ?? '')
      .replace(/^\s*#.*$/gm, '')
      .split(/[\s,]+/)
      .filter((entry) => entry !== '')
    // A secret that is missing for now must not open the service to everybody.
    if (given.length === 0) faults.push(`${source} is set, but holds no key; put one there, or unset it`)
    return given.flatMap((entry, index) => parseEntry(`${source}: entry ${index + 1}`, entry, parse))
  }
}

/** A variable without the white space around it; an empty one counts as not set. */
function textOf(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined
}

/** Intercom's address, if not the usual one. */
export function readBaseUrl(read: VariableReader): string | undefined {
  return read.url('INTERCOM_BASE_URL', ['http:', 'https:'], faultOfBaseUrl)
}

function faultOfBaseUrl({ username, password, search, hash, pathname }: URL): string | undefined {
  if (username !== '' || password !== '') return 'holds a user or a password; leave them out'
  if (search !== '' || hash !== '' || pathname !== '/')
    return 'has more than a host and a port; leave path and query out'
  return undefined
}
