import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { parseLines } from '../support/engine.ts'
import { findFreePort } from '../support/free-port.ts'

const service = await startBridgedService(t, { contacts: 1200, conversations: 5, companies: 5, oddities: false })
const bench = openConnector(t)
const token = 'simulator-token'
const config = bench.write('config.json', { access_token: token })
const environment = { INTERCOM_SYNC_URL: service.url, INTERCOM_SYNC_API_KEY: service.key }

async function run(args: string[], more: Record<string, string> = {}) {
  const { end, stdout, stderr } = await bench.run(args, { environment: { ...environment, ...more } })
  if (stderr.includes(service.key) || stdout.includes(token)) throw new Error('a secret is shown')
  return { end, stdout: stdout.toString(), bytes: stdout, stderr }
}

/** A job of contacts that Intercom keeps waiting at its gate. */
async function startHeld(gate: string): Promise<number> {
  service.intercom.faults.next([{ match: { path: '/contacts/search' }, skip: 2, repeat: 4, holdUntil: gate }])
  const { stdout } = await run(['jobs', 'run', '--config', config, '--streams', 'contacts', '--json'])
  return JSON.parse(stdout).jobId
}

function letGo(gate: string): void {
  service.intercom.faults.clear()
  service.intercom.faults.open(gate)
}

t.test('a job is started, shown and listed, and its messages printed', async (t) => {
  const started = await run(['jobs', 'run', '--config', config, '--streams', 'contacts, tags'])
  t.match(started, { end: 0, stdout: /^Job \d+ is (pending|running)/, stderr: /jobs messages \d+\n$/ })
  const jobId = Number(/\d+/.exec(started.stdout)?.[0])
  const messages = await run(['jobs', 'messages', String(jobId)])
  t.match({ ...messages, stdout: '', bytes: '' }, { end: 0, stderr: '' })
  t.ok(messages.bytes.equals(await service.messages(jobId)), 'byte for byte')

  t.match(await run(['jobs', 'show', String(jobId)]), {
    end: 0,
    stdout: /^Job \d+ has succeeded(?: after [\d.]+ s)?: [\d,]+ records, .*, 1 attempt\n {2}contacts +COMPLETE +[\d,]+/,
  })
  const shown = JSON.parse((await run(['jobs', 'show', String(jobId), '--json'])).stdout)
  t.match(shown, { jobId, status: 'succeeded' })
  t.match(await run(['jobs', 'list', '--status', 'succeeded', '--limit', '1']), {
    end: 0,
    stdout: new RegExp(`^JOB +STATUS .*\n${jobId} +succeeded +- .*\n$`),
  })
  const listed = JSON.parse((await run(['jobs', 'list', '--json'])).stdout)
  t.equal(listed[0].jobId, jobId)
  // The job belongs to no connection: what is acknowledged is kept with the job.
  const acknowledged = await run(['jobs', 'ack', String(jobId), '5'])
  t.match(acknowledged, { end: 0, stdout: `5 messages of job ${jobId} acknowledged\n`, stderr: '' })
})

t.test('a sync is estimated before it runs, and the records of a job are looked at', async (t) => {
  const asked = ['estimate', '--config', config, '--streams', 'contacts,tags']
  const told = await run(asked)
  t.match(told, {
    end: 0,
    stdout: /^STREAM +ROWS +REQUESTS +TIME\ncontacts +1,200 .*\ntags +12 +1 .*\nin all +1,212 /,
    stderr: '',
  })
  const { total } = JSON.parse((await run([...asked, '--json'])).stdout)
  t.match(total, { rows: 1212, rowsBasis: 'counted' })
  t.match(await run(['estimate', '--streams', 'tags']), { end: 2, stderr: /either --config or --connection/ })

  const { jobId } = JSON.parse(
    (await run(['jobs', 'run', '--config', config, '--streams', 'tags', '--wait', '--json'])).stdout,
  )
  const synced = parseLines(await service.messages(jobId)).flatMap(({ record }) => record ?? [])
  const look = ['jobs', 'records', String(jobId), '--stream', 'tags']
  const newest = await run([...look, '--limit', '5'])
  t.match(newest, { end: 0, stderr: '' })
  t.match(
    parseLines(newest.bytes),
    synced
      .toReversed()
      .slice(0, 5)
      .map(({ data }) => ({ data })),
  )
  const [first] = synced
  t.match(parseLines((await run([...look, '--id', String(first?.data.id)])).bytes), [first])
  t.match(await run([...look, '--id', 'nobody']), {
    end: 0,
    stdout: '',
    stderr: `job ${jobId} has no such record of tags\n`,
  })
  t.match(await run(['jobs', 'records', String(jobId)]), { end: 2, stderr: /--stream must be given/ })
  t.match(await run(['jobs', 'records', String(jobId), '--stream', 'contacts']), {
    end: 2,
    stderr: /no stream of this job/,
  })
})

t.test('the messages of a job that has ended are deleted, and told as gone afterwards', async (t) => {
  const ended = await run(['jobs', 'run', '--config', config, '--streams', 'tags', '--wait', '--json'])
  const { jobId } = JSON.parse(ended.stdout)
  for (const time of ['first', 'second'])
    t.match(
      await run(['jobs', 'delete-messages', String(jobId)]),
      { end: 0, stdout: `messages of job ${jobId} deleted\n`, stderr: '' },
      time,
    )
  t.match(await run(['jobs', 'messages', String(jobId)]), { end: 1, stdout: '', stderr: /no longer kept/ })
  t.match(await run(['jobs', 'show', String(jobId)]), { end: 0, stdout: /has succeeded/ })
  t.match(await run(['jobs', 'delete-messages', '999999']), { end: 1, stderr: /no such job/ })
  const held = await startHeld('to delete')
  t.match(await run(['jobs', 'delete-messages', String(held)]), { end: 1, stderr: /has not ended: cancel it first/ })
  await run(['jobs', 'cancel', String(held)])
  letGo('to delete')
})

t.test('catalog and state come from files, or one of them from stdin', async (t) => {
  const catalog = bench.write('catalog.json', configuredCatalog(['tags']))
  const state = bench.write('state.json', [])
  const args = ['jobs', 'run', '--config', config, '--catalog', catalog, '--state', state, '--wait', '--json']
  const whole = await run(args)
  t.equal(whole.end, 0)
  t.match(JSON.parse(whole.stdout), { status: 'succeeded', streams: [{ streamName: 'tags', status: 'COMPLETE' }] })

  const piped = bench.start(['jobs', 'run', '--config', '-', '--streams', 'tags', '--wait'], {
    environment,
    stdin: true,
  })
  piped.child.stdin?.end(JSON.stringify({ access_token: token }))
  t.match(await piped.finished, { end: 0 })
  t.match(await run(['jobs', 'run', '--config', '-', '--catalog', '-']), { end: 2, stderr: /there is one stdin/ })
})

t.test('waiting ends with the exit code of the job', async (t) => {
  const wrong = bench.write('wrong.json', { access_token: 'revoked' })
  const failed = await run(['jobs', 'run', '--config', wrong, '--streams', 'tags', '--wait'])
  t.match(failed, { end: 1, stdout: /^Job \d+ has failed.*\n {2}.*access token/ })
  const jobId = /\d+/.exec(failed.stdout)?.[0] ?? ''
  t.match(await run(['jobs', 'messages', jobId]), { end: 1, stderr: /job \d+ failed: .*access token/ })
  t.match(await run(['watch', jobId]), { end: 1, stdout: /has failed/ })

  const held = await startHeld('cancelled')
  const watching = bench.start(['watch', String(held)], { environment })
  const printing = bench.start(['jobs', 'messages', String(held)], { environment })
  await printing.untilPrinted(/STARTED/)
  t.match(await run(['jobs', 'cancel', String(held)]), { end: 0, stdout: /is about to be cancelled|was cancelled/ })
  letGo('cancelled')
  t.match(await watching.finished, { end: 3 })
  t.match(await printing.finished, { end: 3, stderr: /cancelled/ })
  t.match(await run(['jobs', 'cancel', String(held)]), { end: 1, stderr: /already ended/ })
})

t.test('messages go on after cuts, and after those that are held already', async (t) => {
  const jobId = JSON.parse(
    (await run(['jobs', 'run', '--config', config, '--streams', 'contacts', '--json'])).stdout,
  ).jobId
  let cuts = 0
  const proxy = await startCuttingProxy(t, service.port, () => (++cuts <= 12 ? 900 * cuts : undefined))
  const cut = await run(['jobs', 'messages', String(jobId), '--url', `http://127.0.0.1:${proxy.port}`])
  t.equal(cut.end, 0)
  t.ok(proxy.cuts() >= 10, `${proxy.cuts()} cuts`)
  const whole = await service.messages(jobId)
  t.ok(cut.bytes.equals(whole), 'byte for byte')

  const { logEpoch } = JSON.parse((await run(['jobs', 'show', String(jobId), '--json'])).stdout)
  const rest = await run(['jobs', 'messages', String(jobId), '--after', '100', '--epoch', logEpoch])
  t.equal(rest.end, 0)
  t.equal(rest.stdout, whole.toString().split('\n').slice(100).join('\n'))
  const other = await run(['jobs', 'messages', String(jobId), '--after', '100', '--epoch', 'another'])
  t.match(other, { end: 1, stdout: /^$/, stderr: /./ })
})

t.test('Ctrl-C ends the command and leaves the job', async (t) => {
  const jobId = await startHeld('left')
  const printing = bench.start(['jobs', 'messages', String(jobId)], { environment })
  await printing.untilPrinted(/STARTED/)
  printing.child.kill('SIGINT')
  t.equal((await printing.finished).end, 'SIGINT')
  letGo('left')
  t.match(await service.untilStatus(jobId, 'succeeded', 'failed', 'cancelled'), { status: 'succeeded' })
})

t.test('a service that is away, a wrong key and a wrong file have exit codes of their own', async (t) => {
  const away = `http://127.0.0.1:${await findFreePort()}`
  t.match(await run(['jobs', 'list', '--url', away]), {
    end: 4,
    stderr: new RegExp(`The service at ${away} cannot be reached \\(ECONNREFUSED\\)`),
  })
  t.match(await run(['jobs', 'list'], { INTERCOM_SYNC_API_KEY: 'x'.repeat(30) }), {
    end: 1,
    stderr: /INTERCOM_SYNC_API_KEY is refused by the service/,
  })
  t.match(await run(['jobs', 'list', '--url', 'http://192.0.2.1']), { end: 2, stderr: /--url must begin with https/ })
  t.match(await run(['jobs', 'show', '1']), { end: 1, stderr: /no such job/ })
  const empty = bench.write('empty.json', {})
  t.match(await run(['jobs', 'run', '--config', empty]), { end: 2, stderr: /empty\.json#\/access_token is missing/ })
  t.match(await run(['jobs', 'run', '--config', config, '--streams', 'tag']), { end: 2, stderr: /"tag" is no stream/ })
  t.match(await run(['jobs', 'run', '--config', '/nowhere.json']), { end: 2, stderr: /cannot be read \(ENOENT\)/ })
})

t.test('what stdin is named, and where it is not JSON, is told of check and read', async (t) => {
  const checking = bench.start(['check', '--config', '-'], { intercom: service.intercom.url, stdin: true })
  checking.child.stdin?.end(JSON.stringify({ access_token: token }))
  const { end, stdout } = await checking.finished
  t.equal(end, 0)
  t.match(parseLines(stdout), [{ connectionStatus: { status: 'SUCCEEDED' } }])
  const wrong = bench.start(['read', '--config', config, '--catalog', '-'], { stdin: true })
  wrong.child.stdin?.end('{"streams": ')
  const read = await wrong.finished
  t.equal(read.end, 1)
  t.match(parseLines(read.stdout), [
    { trace: { error: { message: /^stdin is not JSON: look at line 1, column 13$/ } } },
  ])
})
