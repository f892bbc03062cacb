import t from 'tap'
import { createPrefetch } from '../../src/sync/completion/prefetch.ts'

const mebibyte = 1024 * 1024

/** Asks for as much as there is room for. @returns how many that are */
function fill(prefetch: ReturnType<typeof createPrefetch>): number {
  let asked = 0
  for (; prefetch.hasRoom() && asked < 10_000; asked++) prefetch.asked()
  return asked
}

function fillWithAnswers(attemptBytes: number, answerBytes: number): number {
  const prefetch = createPrefetch(() => attemptBytes)
  let count = 0
  for (; prefetch.hasRoom() && count < 10_000; count++) {
    prefetch.asked()
    prefetch.came(answerBytes)
  }
  return count
}

t.test('before the first answer shows how large they are, sixteen are asked for', async (t) => {
  t.equal(fill(createPrefetch(() => 32 * mebibyte)), 16)
})

t.test('answers ahead of their turn have room in a quarter of what the attempt may hold, and in 8 MiB', async (t) => {
  const answer = mebibyte / 16
  t.equal(fillWithAnswers(16 * mebibyte, answer), 64, '4 MiB')
  t.equal(fillWithAnswers(1024 * mebibyte, answer), 128, '8 MiB')
  t.equal(fillWithAnswers(0, answer), 4, 'four in any case')
})

t.test('those on their way count as much as an answer usually takes', async (t) => {
  const prefetch = createPrefetch(() => 16 * mebibyte)
  prefetch.asked()
  prefetch.came(mebibyte)
  t.equal(fill(prefetch), 3)
  prefetch.taken(mebibyte)
  t.equal(fill(prefetch), 1, 'what is taken makes room for one more')
  t.equal(fill(prefetch), 0)
})
