/** The type of a trial key. */
const trialTypes = ['text', 'count', 'hash', 'list', 'set', 'sorted', 'stream'] as const
type TrialType = (typeof trialTypes)[number]

/** A command that is tried, on trial keys of these types. */
interface TrialCommand {
  command: string
  keys: readonly TrialType[]
  args: readonly (string | number)[]
}

/** Long enough for a trial; where keys cannot be removed, they go by themselves, ms. */
const trialMs = 10_000

const on = (type: TrialType, command: string, ...args: (string | number)[]): TrialCommand => ({
  command,
  keys: [type],
  args,
})

/**
 * Every command with a key that this service and BullMQ use, in an order in which each works. Scripts may use a command
 * only if their caller may.
 */
export const trialCommands: readonly TrialCommand[] = [
  on('text', 'set', 'trial', 'PX', trialMs),
  on('text', 'get'),
  on('text', 'exists'),
  on('text', 'pttl'),
  on('text', 'persist'),
  on('count', 'incr'),
  on('hash', 'hset', 'one', 1),
  on('hash', 'hsetnx', 'two', 2),
  on('hash', 'hmset', 'three', 3),
  on('hash', 'hincrby', 'one', 1),
  on('hash', 'hget', 'one'),
  on('hash', 'hmget', 'one', 'two'),
  on('hash', 'hgetall'),
  on('hash', 'hkeys'),
  on('hash', 'hexists', 'one'),
  on('hash', 'hstrlen', 'one'),
  on('hash', 'hdel', 'one'),
  on('list', 'lpush', 'a', 'b'),
  { command: 'rpoplpush', keys: ['list', 'list'], args: [] },
  on('list', 'llen'),
  on('list', 'lrange', 0, -1),
  on('list', 'lindex', 0),
  on('list', 'lpos', 'a'),
  on('list', 'lrem', 1, 'a'),
  on('list', 'ltrim', 0, 0),
  on('list', 'rpop'),
  on('set', 'sadd', 'a'),
  on('set', 'scard'),
  on('set', 'smembers'),
  on('set', 'srem', 'a'),
  on('sorted', 'zadd', 0, 'a', 0, 'b', 0, 'c'),
  on('sorted', 'zcard'),
  on('sorted', 'zcount', 0, 1),
  on('sorted', 'zscore', 'a'),
  on('sorted', 'zrange', 0, -1),
  on('sorted', 'zrevrange', 0, -1),
  on('sorted', 'zrangebyscore', 0, 1),
  on('sorted', 'zrevrangebyscore', 1, 0),
  on('sorted', 'zrangebylex', '-', '+'),
  on('sorted', 'zrandmember'),
  on('sorted', 'zrem', 'a'),
  on('sorted', 'zremrangebyscore', 5, 6),
  on('sorted', 'zremrangebyrank', 5, 6),
  on('sorted', 'zpopmin'),
  // It finds an element, and so does not block.
  on('sorted', 'bzpopmin', 1),
  on('stream', 'xadd', '1-0', 'field', 'value'),
  on('stream', 'xrange', '-', '+'),
  on('stream', 'xrevrange', '+', '-'),
  on('stream', 'xtrim', 'MAXLEN', 0),
  ...trialTypes.map((type) => on(type, 'pexpire', trialMs)),
  { command: 'del', keys: trialTypes, args: [] },
]

/** What a user of Redis has to be allowed, by the names of the commands. */
export const neededCommands: ReadonlySet<string> = new Set([
  ...trialCommands.map(({ command }) => command),
  ...['time', 'eval', 'evalsha', 'publish', 'subscribe', 'psubscribe'],
])
