import t from 'tap'
import { createRandom } from '../../simulator/random.ts'
import { startApp } from '../support/app.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'

const messages = 5000
const seed = 20_261

const server = await startRedis(t)
const api = await startApp(t, server)

/** The first `count` lines of a body; the rest is hung up on. */
async function firstLines(response: Response, count: number): Promise<string[]> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    text += Buffer.from(value).toString('latin1')
    if (text.split('\n').length > count) break
  }
  await reader.cancel()
  return text.split('\n').slice(0, -1).slice(0, count)
}

t.test(`a log of ${messages} messages can be read from every offset, to the byte`, onRealRedis, async (t) => {
  const random = createRandom(seed, 0)
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  // Commits of every size; each holds one STATE besides its records.
  for (let held = 0; held < messages; ) {
    const records = Math.min(Math.floor(random() ** 3 * 300), messages - held - 1)
    await worker.commit(records)
    held += records + 1
  }
  await worker.end()
  const path = `/v1/jobs/${jobId}/messages`
  // Compression has tests of its own, and would take most of the time here.
  const plain = { headers: { 'accept-encoding': 'identity' } }
  const whole = (await (await api.fetch(path, plain)).text()).split('\n').slice(0, -1)
  t.ok(whole.length >= messages)

  const wrong: number[] = []
  for (let after = 0; after <= whole.length; after++) {
    const lines = await firstLines(await api.fetch(`${path}?after=${after}`, plain), 200)
    if (lines.join('\n') !== whole.slice(after, after + 200).join('\n')) wrong.push(after)
  }
  t.same(wrong, [], 'the first 200 messages after every offset')

  for (let sample = 0; sample < 50; sample++) {
    const after = Math.floor(random() * whole.length)
    const tail = await (await api.fetch(`${path}?after=${after}`, plain)).text()
    const expected = whole.slice(after).map((line) => `${line}\n`)
    t.ok(tail === expected.join(''), `the whole tail after ${after}`)
  }
})
