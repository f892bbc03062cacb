import { createHash } from 'node:crypto'
import { createKeyspace, type Keyspace } from '../../store/keys.ts'
import { reasonOf, type TrialConnection } from './connection.ts'
import { explain, RedisRefusal } from './refusal.ts'
import { trialCommands } from './trial-commands.ts'

/** What Redis refuses to a user. */
interface Missing {
  /** Commands that the user may not use. */
  commands: Set<string>
  /** Commands that this Redis does not have, or has under another name. */
  unknown: Set<string>
  channels: Set<string>
  hasKeys: boolean
}

const script = "return redis.call('EXISTS', KEYS[1])"
/** By this Redis knows a script that has run once. */
const scriptDigest = createHash('sha1').update(script).digest('hex')

/**
 * Does everything that the service needs, once, with keys that it removes again and with messages that mean nothing.
 * The connection takes nothing but subscriptions afterwards.
 *
 * @param trialId distinguishes this trial from those of other processes
 * @throws RedisRefusal that names what is missing and, for a user, the rule to add
 */
export async function tryRights(connection: TrialConnection, prefix: string, trialId: string): Promise<void> {
  const { redis, asked } = connection
  const keyspace = createKeyspace(prefix)
  const missing: Missing = { commands: new Set(), unknown: new Set(), channels: new Set(), hasKeys: true }
  const attempt = async (command: string, args: readonly (string | number)[], channel?: string) => {
    await redis.call(command, args.map(String)).catch((error: Error) => {
      if (!note(missing, command, error, channel)) throw explain(reasonOf(redis, error), asked)
    })
  }
  const keyOf = (type: string) => `${keyspace.trialPrefix}${trialId}:${type}`
  // All at once: they keep their order, and take one round trip.
  const attempts = [
    ...trialCommands.map(({ command, keys, args }) => attempt(command, [...keys.map(keyOf), ...args])),
    attempt('time', []),
    attempt('exists', familiesOf(keyspace)),
    attempt('eval', [script, 1, keyOf('text')]),
    attempt('evalsha', [scriptDigest, 1, keyOf('text')]),
    // No job has this number.
    attempt('publish', [keyspace.changedChannel(0), ''], keyspace.changedPattern),
    attempt('publish', [keyspace.cancelChannel, '0'], keyspace.cancelChannel),
  ]
  const [failed] = (await Promise.allSettled(attempts)).filter(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  await attempt('subscribe', [keyspace.cancelChannel], keyspace.cancelChannel)
  await attempt('psubscribe', [keyspace.changedPattern], keyspace.changedPattern)
  refuseIfMissing(missing, connection, keyspace)
}

/** A key of each kind. */
function familiesOf(keyspace: Keyspace): string[] {
  const { liveJobs, keyCanaries, workers, lastGeneration, queuePrefix, scrollLeasePrefix } = keyspace
  const ofNobody = [keyspace.job(0, 'record'), keyspace.connection('', '', 'record'), keyspace.repeat('', '')]
  return [liveJobs, keyCanaries, workers, lastGeneration, queuePrefix, scrollLeasePrefix, ...ofNobody]
}

/** Remembers a refusal. Returns false for an error that is none. */
function note(missing: Missing, command: string, { message }: Error, channel: string | undefined): boolean {
  // The script has not run, or not to its end, for a reason that has been noted.
  if (/^NOSCRIPT\b|ACL failure in script|user executing the script can't/.test(message)) return true
  if (/unknown command/i.test(message)) missing.unknown.add(command)
  else if (!message.startsWith('NOPERM')) return false
  else if (/\bchannels?\b/.test(message) && channel !== undefined) missing.channels.add(channel)
  else if (/\bkeys?\b/.test(message)) missing.hasKeys = false
  else missing.commands.add(command)
  return true
}

/** @throws RedisRefusal */
function refuseIfMissing(missing: Missing, { asked, user }: TrialConnection, { prefix }: Keyspace): void {
  const { commands, unknown, channels, hasKeys } = missing
  const { where, variable } = asked
  if (unknown.size > 0)
    throw new RedisRefusal(`${variable}: ${where} does not have commands that are needed: ${[...unknown].join(', ')}`)
  const lacks = [
    ...(commands.size > 0 ? [`commands (${[...commands].join(', ')})`] : []),
    ...(hasKeys ? [] : [`keys (${prefix}:*)`]),
    ...(channels.size > 0 ? [`channels (${[...channels].join(', ')})`] : []),
  ]
  if (lacks.length === 0) return
  const rules = [
    ...[...commands].map((command) => `+${command}`),
    ...(hasKeys ? [] : [`'~${prefix}:*'`]),
    ...[...channels].map((channel) => `'&${channel}'`),
  ]
  throw new RedisRefusal(
    `${variable}: the user ${user} of ${where} lacks ${lacks.join(' and ')}, which this service needs. Add: ` +
      `ACL SETUSER ${user} ${rules.join(' ')}`,
    'none',
    `Redis no longer gives the user of this service a right that it needs: ${lacks.join(' and ')}`,
  )
}
