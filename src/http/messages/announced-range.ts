import { CodedError } from '../../errors.ts'
import type { MessageLogReader } from '../../store/log/message-log.ts'
import { smallestCompressed } from '../requests/content-encoding.ts'
import { type AnnouncedRange, type MessageRange, readRange } from './message-stream.ts'

/**
 * Looks at the beginning of a range before the headers are sent. After them there is no status to say that it cannot be
 * read.
 *
 * @throws CodedError `log_rewound`, `offset_out_of_range`, `log_gone`, `store_unavailable`
 */
export async function announceRange(messages: MessageLogReader, range: MessageRange): Promise<AnnouncedRange> {
  // At least one entry comes, and no more than needed to see whether the whole range is worth compressing.
  const { epoch, finalStatus, total, messageCount, body } = await readRange(messages, range, smallestCompressed)
  return { ...range, epoch, finalStatus, total, beginning: { messageCount, bytes: body.length } }
}

/** Whether all of a range, as it was announced, is too small to be compressed. */
export function isSmall({ after, total, beginning }: AnnouncedRange): boolean {
  return after + beginning.messageCount === total && beginning.bytes < smallestCompressed
}

/**
 * Bytes of a range, as it was announced. The log's entries say how long they are, so none of them is read for it but the
 * first, whose beginning the reader may hold.
 *
 * @throws CodedError `log_gone`, `log_rewound`, `store_unavailable`
 */
export async function measureRange(messages: MessageLogReader, range: AnnouncedRange): Promise<number> {
  const { jobId, after, total, beginning } = range
  const held = after + beginning.messageCount
  return beginning.bytes + (held < total ? await messages.measure(jobId, held, total) : 0)
}

/**
 * The first `bytes` of the lines: those of an announced range. What was committed since is behind them.
 *
 * @throws CodedError `log_gone` when there are fewer
 */
export async function* takeBytes(
  lines: AsyncGenerator<Buffer, unknown, undefined>,
  bytes: number,
): AsyncGenerator<Buffer, undefined, undefined> {
  let left = bytes
  try {
    while (left > 0) {
      const step = await lines.next()
      if (step.done) throw new CodedError('log_gone')
      const piece = step.value.subarray(0, left)
      left -= piece.length
      yield piece
    }
    return undefined
  } finally {
    await lines.return(undefined)
  }
}
