import type { LogEntry } from './log-entry.ts'

/** Bytes that Redis needs for an entry besides its blob and its checkpoints: in its list, and in the index of the stream. */
const listBytes = 96
const indexBytes = 64

/**
 * Lua: how much memory Redis needs for so many bytes, and for an entry of a log. Its allocator (jemalloc) has four sizes
 * to each doubling, so that up to a fifth of what it gives stays empty. With another allocator this is about right.
 */
export const logWindowBytesFunction = `
local function allocated(bytes)
  local step = 16
  while step * 8 < bytes do step = step * 2 end
  return math.ceil(bytes / step) * step
end
local function windowBytes(blobLength, checkpointsLength)
  return allocated(blobLength + checkpointsLength + ${listBytes}) + ${indexBytes}
end
`

/** What an entry counts in the window: the memory that Redis needs for it. */
export function logWindowBytesOf({ blob, checkpoints }: Pick<LogEntry, 'blob' | 'checkpoints'>): number {
  return allocated(blob.length + checkpoints.length + listBytes) + indexBytes
}

function allocated(bytes: number): number {
  let step = 16
  while (step * 8 < bytes) step *= 2
  return Math.ceil(bytes / step) * step
}
