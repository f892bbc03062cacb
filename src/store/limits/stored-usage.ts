import Type from 'typebox'
import type { Usage } from '../../intercom/budget/usage/grant.ts'
import { parseJson } from '../../json-object.ts'
import { isValid } from '../../stored/stored-data.ts'

/**
 * The form of usage in Redis: a version, a space, and JSON. Members keep their names, because other versions read them
 * too.
 */

const Member = Type.Object({
  granted: Type.Number(),
  before: Type.Number(),
  denied: Type.Boolean(),
  deniedBefore: Type.Boolean(),
  seen: Type.Number(),
})

const Token = Type.Object({
  at: Type.Number(),
  window: Type.Number(),
  limit: Type.Optional(Type.Number()),
  endsAt: Type.Number(),
  lowest: Type.Number(),
  told: Type.Boolean(),
  granted: Type.Number(),
  open: Type.Number(),
  openBefore: Type.Number(),
  whole: Type.Boolean(),
  othersSeenAt: Type.Number(),
  blockedUntil: Type.Number(),
  members: Type.Record(Type.String(), Member),
  ceilings: Type.Record(Type.String(), Type.Array(Type.Tuple([Type.Number(), Type.Number()]))),
})

const Workspace = Type.Object({ windowStart: Type.Number(), granted: Type.Number(), highestTold: Type.Number() })

/**
 * Reads the usage of a token and its workspace. If it cannot be read, it counts as lost: that costs a few 429s, and the
 * next write repairs it.
 *
 * @param token '' when nothing is stored
 */
export function readUsage(token: string, workspace: string): Usage {
  const [ofToken, ofWorkspace] = [jsonOf(token), jsonOf(workspace)]
  return {
    token: isValid(Token, ofToken) ? ofToken : undefined,
    workspace: isValid(Workspace, ofWorkspace) ? ofWorkspace : undefined,
  }
}

/** The value to store. @param version no writer uses the same one twice */
export function writeUsage(version: string, usage: Usage[keyof Usage]): string {
  return `${version} ${JSON.stringify(usage ?? null)}`
}

/** The version of a stored value; '' when nothing is stored. */
export const storedVersionOf = (value: string): string => value.split(' ', 1)[0] ?? ''

const jsonOf = (value: string): unknown =>
  value === '' ? undefined : parseJson(Buffer.from(value.slice(value.indexOf(' ') + 1)))
