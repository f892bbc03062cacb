import { readFileSync } from 'node:fs'
import { request as askByTls } from 'node:https'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { createAuthority } from '../support/certificates.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { debianProgram } from '../support/debian-programs.ts'
import { parseLines } from '../support/engine.ts'
import { startNginx } from '../support/nginx.ts'

const program = await debianProgram('nginx')
const operations = readFileSync('docs/operations.md', 'utf8')
/** The lines that operators are told to use. */
const [, location = ''] = /```nginx\n(location \/sync\/ \{\n[^`]*\})\n```/.exec(operations) ?? []

/** nginx and its callers are on one machine here; the service is to tell them apart. */
const asAnotherMachine = 'proxy_bind 127.0.0.2;'

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

t.test('nginx in front, with TLS, below a path', { skip: program.skip }, async (t) => {
  const sizes = { contacts: 40, conversations: 3, companies: 3, oddities: false }
  const service = await startBridgedService(t, sizes, { TRUST_PROXY: '127.0.0.2' })
  const authority = createAuthority(t)
  const { cert: certificate, key } = authority.issue('nginx', 'IP:127.0.0.1')
  const server = location.replace('127.0.0.1:8080', `127.0.0.1:${service.port}`)
  t.not(server, location, 'docs/operations.md has the lines')
  const nginx = await startNginx(t, { path: program.path, server, http: asAnotherMachine, tls: { certificate, key } })
  const base = `${nginx.url}/sync`

  const ask = (url: string, headers: Record<string, string> = {}, body?: object): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options = { ca: readFileSync(authority.ca), headers, method: body ? 'POST' : 'GET', agent: false }
      const sent = askByTls(url, options, (answer) => {
        const { statusCode: status = 0, headers } = answer
        text(answer).then((body) => resolve({ status, headers, body }), reject)
      })
      sent.once('error', reject).end(body && JSON.stringify(body))
    })
  const access = { authorization: `Bearer ${service.key}` }

  await t.test('the page with the documentation, its scripts and its calls', async (t) => {
    const moved = await ask(`${base}/docs`)
    const place = new URL(String(moved.headers.location), `${base}/docs`).href
    t.equal(place, `${base}/docs/`)
    const page = await ask(place)
    t.equal(page.headers['strict-transport-security'], 'max-age=15552000')
    const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => new URL(link, place).href)
    t.ok(links.length >= 5)
    for (const link of links) t.equal((await ask(link)).status, 200, link)
    // The script on the page asks this, and sends its calls to the first server.
    const { servers } = JSON.parse((await ask(new URL('./json', place).href)).body) as { servers: { url: string }[] }
    t.same(
      servers.map(({ url }) => url),
      [base],
    )
    t.equal((await ask(`${servers[0]?.url}/v1/spec`, access)).status, 200)
  })

  await t.test('every address that it tells can be asked', async (t) => {
    const home = JSON.parse((await ask(`${base}/`)).body) as Record<string, string>
    for (const name of ['docs', 'openapi', 'health']) t.ok((await ask(home[name] ?? '')).status < 400, name)
    const started = await ask(
      `${base}/v1/jobs`,
      { ...access, 'content-type': 'application/json' },
      { config: { access_token: 'simulator-token' }, streams: ['tags'] },
    )
    t.equal(started.status, 202)
    const job = String(started.headers.location)
    t.ok(job.startsWith(`${base}/v1/jobs/`), job)
    t.equal((await ask(job, access)).status, 200)
  })

  const bench = openConnector(t)
  const environment = { NODE_EXTRA_CA_CERTS: authority.ca }

  await t.test('the commands that ask a service', async (t) => {
    const config = bench.write('config.json', { access_token: 'simulator-token' })
    const place = { INTERCOM_SYNC_URL: base, INTERCOM_SYNC_API_KEY: service.key }
    const args = ['jobs', 'run', '--config', config, '--streams', 'contacts', '--wait', '--json']
    const ran = await bench.run(args, { environment: { ...environment, ...place } })
    t.equal(ran.end, 0, ran.stderr)
    t.match(JSON.parse(ran.stdout.toString()), { status: 'succeeded' })
  })

  await t.test('the connector as a bridge', async (t) => {
    const config = bench.write('bridge.json', {
      access_token: 'simulator-token',
      service_url: `${base}/`,
      service_api_key: service.key,
    })
    const catalog = bench.write('catalog.json', configuredCatalog(['contacts']))
    const read = await bench.run(['read', '--config', config, '--catalog', catalog], { environment })
    t.equal(read.end, 0, read.stderr)
    const { jobId } = (await service.jobs())[0] ?? { jobId: 0 }
    t.ok(read.stdout.equals(await service.messages(jobId)), 'byte for byte')
    t.equal(parseLines(read.stdout).filter(({ type }) => type === 'RECORD').length, 40)
  })

  await t.test('callers are told apart by their own address, and wrong keys do not shut out the others', async (t) => {
    const wrong = { authorization: 'Bearer wrong' }
    const tries = Array.from({ length: 100 }, (_, at) =>
      ask(`${base}/v1/spec`, { ...wrong, 'x-forwarded-for': `9.9.9.${at}` }),
    )
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    t.ok(statuses.filter((status) => status === 401).length >= 60)
    t.ok(statuses.includes(429), 'what a caller writes before the address that nginx adds counts for nothing')
    t.equal((await ask(`${base}/v1/spec`, access)).status, 200)
  })
})
