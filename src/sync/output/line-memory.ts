/** Kept for later commits: one for each of the jobs of a process that commit at the same time, nearly always. */
const mostKept = 4
/** Larger pieces are given up, bytes. */
const largestKept = 2 * 1024 * 1024

const kept: Buffer[] = []

/**
 * Memory for the lines of a commit, of so many bytes at least. What an earlier commit has left is taken first: memory
 * outside the heap makes V8 collect garbage, long before its own is full.
 */
export function takeMemory(bytes: number): Buffer {
  const place = kept.findIndex(({ length }) => length >= bytes)
  const [found] = place === -1 ? [] : kept.splice(place, 1)
  return found ?? Buffer.allocUnsafeSlow(bytes)
}

/** Gives memory back. Nobody may read it any more. */
export function leaveMemory(memory: Buffer): void {
  if (kept.length < mostKept && memory.length > 0 && memory.length <= largestKept) kept.push(memory)
}
