import { formatNoun } from '../../display/figures.ts'
import { areOfOneJob, hasGoneBack } from '../../epoch.ts'
import { CodedError } from '../../errors.ts'
import type { StoreClient } from '../keys.ts'
import { mayHaveGoneBackScript } from '../run-id.lua.ts'
import { runScript } from '../script.ts'

/** A log and its epoch. An id alone proves nothing: a Redis that was restored may have given it out twice. */
interface EpochedLog {
  logEpoch: string
  messageCount: number
}

/** The messages that a caller claims to have. */
export interface Holding {
  /** The epoch that came with the messages; undefined when the caller does not say. */
  epoch: string | undefined
  /** How many messages. */
  held: number
}

/**
 * Checks that a job is the one that the caller means by id and epoch. @throws CodedError `log_rewound` when it is not
 */
export function refuseOtherJob(log: EpochedLog, epoch: string | undefined): void {
  if (epoch === undefined || areOfOneJob(epoch, log.logEpoch)) return
  throw rewound(log, 'This is another job. It got the id of a job that Redis has lost: start a new job')
}

/** Checks that the caller's messages are not from another log of the same job. @throws CodedError `log_rewound` */
function refuseOtherLog(log: EpochedLog, { epoch, held }: Holding): void {
  refuseOtherJob(log, epoch)
  // A reader without messages has lost none.
  if (epoch === undefined || held === 0 || epoch === log.logEpoch) return
  throw rewound(
    log,
    'Messages that were read may no longer be in the log: continue with a new job, from the last STATE before them',
  )
}

/**
 * The same for calls that move or return states: if the log has gone back in time, these need the epoch.
 *
 * @throws CodedError `log_rewound`
 */
export function requireOwnLog(log: EpochedLog, holding: Holding): void {
  refuseOtherLog(log, holding)
  if (holding.epoch !== undefined || holding.held === 0 || !hasGoneBack(log.logEpoch)) return
  throw rewound(
    log,
    'The log has gone back in time since the job began: name with `epoch` the log that your messages are from ' +
      '(Log-Epoch of the answer that they came with)',
  )
}

/**
 * The log announced to a reader must stay the same to the end, even while it is empty. @throws CodedError `log_rewound`
 */
export function refuseChangedLog(log: EpochedLog, epoch: string): void {
  if (epoch !== log.logEpoch) throw rewound(log, 'The log has gone back in time while it was read: read it again')
}

/** Whether a job's log may lack messages that were read: Redis is another process than at the last commit. */
export async function mayHaveGoneBack(redis: StoreClient, jobId: number): Promise<boolean> {
  return (
    (await runScript(redis, mayHaveGoneBackScript, { keys: { recordKey: redis.keyspace.job(jobId, 'record') } })) === 1
  )
}

/**
 * Refuses a caller that holds more messages than the log has. If the caller names the log's epoch, it has read them, so
 * the log has lost them: that shows here first, before an attempt finds it and changes the epoch.
 *
 * @param held.name how the caller's request names the offset
 * @throws CodedError `log_rewound`, `offset_out_of_range`
 */
export async function refuseBeyondEnd(
  log: EpochedLog,
  { epoch, held, name }: Holding & { name: string },
  mayHaveGoneBack: () => Promise<boolean>,
): Promise<void> {
  if (held <= log.messageCount) return
  const { messageCount } = log
  if (epoch !== undefined && (await mayHaveGoneBack()))
    throw rewound(
      log,
      'Redis has lost messages that were read: continue with a new job, from the last STATE before them',
    )
  throw new CodedError(
    'offset_out_of_range',
    `${name} is ${held}, but the log has ${formatNoun(messageCount, 'message')}`,
    {
      extensions: { messageCount },
    },
  )
}

function rewound({ logEpoch, messageCount }: EpochedLog, detail: string): CodedError {
  return new CodedError('log_rewound', detail, { extensions: { logEpoch, messageCount } })
}
