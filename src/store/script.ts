import type { Redis } from 'ioredis'
import type { Static, TSchema } from 'typebox'
import { failpoint } from '../failpoints.ts'
import { isValid } from '../stored/stored-data.ts'
import { storeAnswer } from './availability.ts'

/** The parameters and the reply of a script. Its names are those of the local variables in its Lua text. */
interface ScriptDeclaration<
  Key extends string,
  OptionalKey extends string,
  Argument extends string,
  Entry extends string,
  Reply extends TSchema,
> {
  /** Name of the command that ioredis defines for the script. */
  name: string
  /** At least one. */
  keys: readonly [Key, ...Key[]]
  /** Keys that a call may leave out; the variable is nil then. @defaultValue none */
  optionalKeys?: readonly OptionalKey[]
  /** @defaultValue none */
  args?: readonly Argument[]
  /** Members of each entry of a list of any length: `for streamName, state in entries() do`. @defaultValue no list */
  entries?: readonly Entry[]
  /** The reply, as ioredis gives it. */
  reply: Reply
  /** @defaultValue 'text' */
  replyAs?: 'text' | 'buffers'
  lua: string
}

/**
 * A Lua script: one round trip, all or nothing. Its first write is always one that Redis refuses when memory is full
 * (`XADD`, `HSET`, `SET` …). Redis checks memory only before a script's first write, so a refusal leaves nothing half
 * done. What a user of Redis may not do leaves nothing either: a message is published before the first write, and reaches
 * others when the script is over.
 */
interface Script<
  Key extends string,
  OptionalKey extends string,
  Argument extends string,
  Entry extends string,
  Reply extends TSchema,
> {
  name: string
  /** The text that Redis runs: first the names of the keys and arguments, then the declared text. */
  lua: string
  keys: readonly (Key | OptionalKey)[]
  args: readonly Argument[]
  entries: readonly Entry[]
  reply: Reply
  command: string
}

/** A number and a buffer are passed unchanged, true as '1', false and undefined as ''. */
type ScriptValue = string | number | boolean | Buffer | undefined

/** Keys, arguments and entries by name. Nothing may be forgotten: a missing value is passed as undefined. */
type ScriptCall<Key extends string, OptionalKey extends string, Argument extends string, Entry extends string> = {
  keys: Record<Key, string> & Record<OptionalKey, string | undefined>
} & ([Argument] extends [never] ? unknown : { args: Record<Argument, ScriptValue> }) &
  ([Entry] extends [never] ? unknown : { entries: readonly Record<Entry, ScriptValue>[] })

/** Makes a script from its declaration. Only this function knows the order of keys and arguments. */
export function defineScript<
  const Key extends string,
  const Reply extends TSchema,
  const OptionalKey extends string = never,
  const Argument extends string = never,
  const Entry extends string = never,
>(
  declaration: ScriptDeclaration<Key, OptionalKey, Argument, Entry, Reply>,
): Script<Key, OptionalKey, Argument, Entry, Reply> {
  const { name, keys, optionalKeys = [], args = [], entries = [], reply, replyAs = 'text', lua } = declaration
  const prologue = [
    localNames(keys, (place) => `KEYS[${place}]`),
    // Every key has its place in the list. If a key is left out, the first key takes its place: Redis Cluster wants all
    // keys in one slot, so an empty name would not do.
    localNames(
      optionalKeys,
      (place) => `KEYS[${keys.length + place}] ~= KEYS[1] and KEYS[${keys.length + place}] or nil`,
    ),
    localNames(args, (place) => `ARGV[${place}]`),
    entries.length > 0 ? entriesFunction(args.length, entries.length) : '',
  ]
  return {
    name,
    lua: prologue.join('') + lua,
    keys: [...keys, ...optionalKeys],
    args,
    entries,
    reply,
    command: replyAs === 'buffers' ? `${name}Buffer` : name,
  }
}

function localNames(names: readonly string[], valueAt: (place: number) => string): string {
  if (names.length === 0) return ''
  return `local ${names.join(', ')} =\n  ${names.map((_, index) => valueAt(index + 1)).join(', ')}\n`
}

/** Lua: an iterator over the arguments after the named ones, this many at a time. */
function entriesFunction(argumentsBefore: number, size: number): string {
  const members = Array.from({ length: size }, (_, index) => `ARGV[place + ${index}]`)
  return `local function entries()
  local place = ${argumentsBefore + 1 - size}
  return function()
    place = place + ${size}
    return ${members.join(', ')}
  end
end
`
}

const definedScripts = new WeakMap<Redis, Set<string>>()

/**
 * Runs a script by its digest, and loads it if Redis does not know it yet.
 *
 * @throws CodedError `store_unavailable`; TypeError for a reply that the script does not declare
 */
export async function runScript<
  Key extends string,
  OptionalKey extends string,
  Argument extends string,
  Entry extends string,
  Reply extends TSchema,
>(
  redis: Redis,
  script: Script<Key, OptionalKey, Argument, Entry, Reply>,
  call: ScriptCall<Key, OptionalKey, Argument, Entry>,
): Promise<Static<Reply>> {
  defineOnce(redis, script)
  const run: (...values: (string | number | Buffer)[]) => Promise<unknown> = Reflect.get(redis, script.command)
  const answer = failpoint(script.name, () => run.call(redis, script.keys.length, ...valuesOf(script, call)))
  return checkedReply(script, await storeAnswer(answer))
}

function defineOnce(redis: Redis, { name, lua }: { name: string; lua: string }): void {
  const defined = definedScripts.get(redis) ?? new Set<string>()
  if (defined.has(name)) return
  definedScripts.set(redis, defined.add(name))
  redis.defineCommand(name, { lua })
}

interface ScriptOrder {
  keys: readonly string[]
  args: readonly string[]
  entries: readonly string[]
}

interface NamedValues {
  keys: Record<string, string | undefined>
  args?: Record<string, ScriptValue>
  entries?: readonly Record<string, ScriptValue>[]
}

function valuesOf(order: ScriptOrder, { keys, args = {}, entries = [] }: NamedValues): (string | number | Buffer)[] {
  const values: (string | number | Buffer)[] = []
  const firstKey = keys[order.keys[0] ?? ''] ?? ''
  for (const name of order.keys) values.push(keys[name] ?? firstKey)
  for (const name of order.args) values.push(sent(args[name]))
  for (const entry of entries) for (const name of order.entries) values.push(sent(entry[name]))
  return values
}

function sent(value: ScriptValue): string | number | Buffer {
  if (value === undefined || value === false) return ''
  return value === true ? '1' : value
}

function checkedReply<Reply extends TSchema>(script: { name: string; reply: Reply }, reply: unknown): Static<Reply> {
  if (isValid(script.reply, reply)) return reply
  throw new TypeError(`the script ${script.name} gave a reply that it does not declare`)
}
