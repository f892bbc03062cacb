import t from 'tap'
import type { JobBody } from '../../src/http/bodies/schemas.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

interface List {
  data: JobBody[]
  next?: string
}

const list = async (query = ''): Promise<List> => (await (await api.fetch(`/v1/jobs${query}`)).json()) as List
const idsOf = ({ data }: List) => data.map(({ jobId }) => jobId)

t.test('jobs are listed newest first, page by page, each once', async (t) => {
  const made: number[] = []
  for (let count = 0; count < 7; count++) made.push(await api.createJob())
  const pages: number[][] = []
  let next: string | undefined
  do {
    const page = await list(`?limit=3${next ? `&cursor=${next}` : ''}`)
    pages.push(idsOf(page))
    next = page.next
    // What is made meanwhile comes before the pages still to be read, so it moves none of them.
    await api.createJob()
  } while (next)
  t.same(pages.flat(), made.toReversed())
  t.same(
    pages.map((page) => page.length),
    [3, 3, 1],
  )
  t.same((await list('?limit=1')).data, [await (await api.fetch(`/v1/jobs/${(made.at(-1) ?? 0) + 3}`)).json()])
})

t.test('a page that ends with the last job says that there is no more', async (t) => {
  const { data } = await list('?limit=100')
  const exact = await list(`?limit=${data.length}`)
  t.equal(exact.data.length, data.length)
  t.notOk('next' in exact)
})

t.test('the status chooses, over more jobs than are looked at together', async (t) => {
  const failed = await api.createJob()
  await (await api.work(failed)).end('failed')
  for (let count = 0; count < 120; count++) await api.createJob()
  t.same(idsOf(await list('?status=failed&limit=1')), [failed])
  t.same(await list('?status=succeeded'), { data: [] })
  t.same(await list('?connectionId=nothing'), { data: [] })
})

t.test('nobody sees the jobs of others', async (t) => {
  const foreign = await api.createJob({ tenant: 'other' })
  t.notOk(idsOf(await list('?limit=100')).includes(foreign))
})

t.test('jobs whose records have expired leave the list and its index', async (t) => {
  const { redis } = api.store
  const index = 'intercom-sync:{jobs}:of:expiring'
  const record = (jobId: number) => `intercom-sync:{job:${jobId}}:record`
  const make = () => api.createJob({ tenant: 'expiring' })
  const [first, second] = [await make(), await make()]
  await redis.del(record(first))
  t.match(await api.jobs.list('expiring', { limit: 5 }), { items: [{ jobId: second }] })
  t.same(await redis.zrange(index, '0', '-1'), [String(second)], 'dropped by the list')
  await redis.del(record(second))
  const third = await make()
  t.same(await redis.zrange(index, '0', '-1'), [String(third)], 'dropped by the next job')
})
