import t from 'tap'
import { runSideBySide, secondsSideBySide } from '../../bench/side-by-side.ts'
import { createDeferred } from '../support/deferred.ts'

t.test('cells run side by side as long as they take one core together', async (t) => {
  const works = [0.45, 0.5, 0.1, 1.5, 0.2].map((load, name) => ({ name, load, over: createDeferred() }))
  const log: string[] = []
  const all = runSideBySide(works, async ({ name, over }) => {
    log.push(`${name} begins`)
    await over.promise
    log.push(`${name} ends`)
  })
  const [first, second, third, large, last] = works
  t.same(log, ['0 begins', '1 begins'])
  first?.over.resolve()
  await first?.over.promise
  second?.over.resolve()
  third?.over.resolve()
  large?.over.resolve()
  last?.over.resolve()
  await all
  t.same(log.slice(2), [...['0 ends', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends', '4 begins', '4 ends']])
})

t.test('how long they take together', async (t) => {
  const work = (load: number, seconds: number) => ({ load, seconds })
  t.equal(secondsSideBySide([]), 0)
  t.equal(secondsSideBySide([work(0.5, 100), work(0.5, 60), work(0.5, 60)]), 120)
  t.equal(secondsSideBySide([work(0.5, 100), work(0.6, 60), work(0.4, 20)]), 160)
})
