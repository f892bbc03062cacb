import type { Fault } from '../errors.ts'
import { isObject } from '../json-object.ts'

/** Where the texts come from that a file refers to. */
export interface ReferenceSources {
  /** An environment variable; undefined when it is not set, or empty. */
  variable: (name: string) => string | undefined
  /** The text of a file; rejects when it cannot be read. */
  file: (path: string) => Promise<string>
}

/** `${…}`, and `$${`, which stands for `${` itself. */
const reference = /\$\$\{|\$\{([^}]*)\}/g

/**
 * A value with each `${NAME}` and `${file:PATH}` in its texts replaced. Done after parsing, so that whatever a secret
 * holds, it stays one text. Faults name the reference, never what it stands for.
 */
export async function resolveReferences(
  value: unknown,
  pointer: string,
  sources: ReferenceSources,
  faults: Fault[],
): Promise<unknown> {
  if (typeof value === 'string') return resolveText(value, pointer, sources, faults)
  if (Array.isArray(value))
    return Promise.all(value.map((item, place) => resolveReferences(item, `${pointer}/${place}`, sources, faults)))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(async ([name, member]) => {
    return [name, await resolveReferences(member, `${pointer}/${name}`, sources, faults)] as const
  })
  return Object.fromEntries(await Promise.all(members))
}

async function resolveText(text: string, pointer: string, sources: ReferenceSources, faults: Fault[]): Promise<string> {
  const pieces: string[] = []
  let end = 0
  for (const found of text.matchAll(reference)) {
    pieces.push(text.slice(end, found.index), await resolveOne(found[1], pointer, sources, faults))
    end = found.index + found[0].length
  }
  return [...pieces, text.slice(end)].join('')
}

async function resolveOne(
  name: string | undefined,
  pointer: string,
  { variable, file }: ReferenceSources,
  faults: Fault[],
): Promise<string> {
  if (name === undefined) return '${'
  const refuse = (detail: string) => {
    faults.push({ pointer, detail })
    return ''
  }
  if (name.startsWith('file:')) {
    const path = name.slice('file:'.length)
    return file(path).then(
      // Editors and secret stores end a file with a line break, which is no part of the secret.
      (text) => text.replace(/\r?\n$/, ''),
      () => refuse(`names the file ${path}, which cannot be read`),
    )
  }
  if (!/^[A-Za-z_]\w*$/.test(name)) return refuse(`has a reference that is neither \${NAME} nor \${file:PATH}`)
  return variable(name) ?? refuse(`needs the environment variable ${name}, which is not set or empty`)
}
