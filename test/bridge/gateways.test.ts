import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { toServiceError } from '../../src/connector/bridge/service/service-failures.ts'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { debianProgram } from '../support/debian-programs.ts'
import { parseLines } from '../support/engine.ts'
import { findFreePort } from '../support/free-port.ts'
import { startNginx } from '../support/nginx.ts'

const bench = openConnector(t)
const nginx = await debianProgram('nginx')
const place = 'service_url (http://x)'

t.test('each status of a stranger says what it usually means and what to do', async (t) => {
  for (const [status, code, told] of [
    [400, 'gateway_refused', /https/],
    [401, 'gateway_refused', /login of its own/],
    [403, 'gateway_refused', /allow requests from this machine/],
    [407, 'gateway_refused', /variable that names the proxy/],
    [411, 'gateway_refused', /length/],
    [413, 'gateway_refused', /client_max_body_size/],
    [511, 'gateway_refused', /log in/],
    [429, 'service_unavailable', /raise that limit/],
    [500, 'service_unavailable', /status 500$/],
    [502, 'service_unavailable', /cannot reach the service/],
    [503, 'service_unavailable', /no service to pass/],
    [504, 'service_unavailable', /proxy_read_timeout/],
    [522, 'service_unavailable', /status 522$/],
    [302, 'route_not_found', /leads to a redirect/],
    [404, 'route_not_found', /leads to no intercom-sync service/],
  ] as const)
    for (const body of [undefined, { code: 'unauthorized', detail: 'x' }, { type: 'about:blank', code: 'job_ended' }]) {
      const error = toServiceError(status, body, {}, place)
      t.equal(error.code, code, String(status))
      t.match(error.faults[0]?.detail ?? error.message, told)
      t.match(
        error.faults[0]?.pointer ?? error.message,
        /^\/config\/service_url$|^Something between here and service_url/,
      )
    }
})

t.test("the service's own problems are told as before, and those of a later version by their status", async (t) => {
  const own = (code: string, detail = 'why') => ({ type: `urn:intercom-sync:problem:${code}`, code, detail })
  t.match(toServiceError(413, own('body_too_large'), {}, place), { code: 'body_too_large', message: 'why' })
  t.match(toServiceError(401, own('unauthorized'), {}, place).faults, [{ pointer: '/config/service_api_key' }])
  t.match(toServiceError(409, own('of_a_later_version'), {}, place), { code: 'invalid_request', message: 'why' })
  t.match(toServiceError(503, own('of_a_later_version'), {}, place), { code: 'service_unavailable', message: 'why' })
})

t.test('what passes by itself is tried again; what does not ends it at once', async (t) => {
  let answers: number[] = []
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(answers.shift() ?? 500, { 'content-type': 'text/html' }).end('<html>secret page</html>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const final of [401, 403, 413]) {
    answers = [502, 503, 504, 429, final, 500, 500]
    const { end, stderr } = await bench.run(['jobs', 'list', '--url', url])
    t.equal(end, 1)
    t.match(stderr, new RegExp(`Something between here and ${url} answered with status ${final}, which`))
    t.notMatch(stderr, /secret page/)
    t.equal(answers.length, 2, 'asked five times')
  }
})

t.test('a body in an encoding that nobody asked for is no message', async (t) => {
  for (const encoding of ['br', 'zstd', 'gzip, gzip']) {
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end('{"data":[]}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { end, stdout, stderr } = await bench.run(['jobs', 'list', '--url', url])
    t.equal(end, 1, stderr)
    t.equal(stdout.toString(), '')
    t.match(stderr, `it answers in the encoding ${encoding}`)
  }
})

t.test('a real nginx is told apart from the service behind it', { skip: nginx.skip }, async (t) => {
  const service = await startBridgedService(t, { contacts: 20, conversations: 0, companies: 0 })
  const users = bench.write('users', '')
  const front = await startNginx(t, {
    ...nginx,
    server: `
      location /small/ { client_max_body_size 1k; proxy_pass ${service.url}/; }
      location /login/ { auth_basic "internal"; auth_basic_user_file ${users}; proxy_pass ${service.url}/; }
      location /closed/ { deny all; proxy_pass ${service.url}/; }
      location /down/ { proxy_pass http://127.0.0.1:${await findFreePort()}/; }
      location / { proxy_http_version 1.1; proxy_pass ${service.url}/; }`,
  })
  const catalog = bench.write('catalog.json', configuredCatalog(['contacts']))
  const run = (command: string, path: string, key = service.key) => {
    const access = { access_token: 'simulator-token', service_url: front.url + path, service_api_key: key }
    const config = ['--config', bench.write('config.json', access)]
    return bench.run([command, ...config, ...(command === 'read' ? ['--catalog', catalog] : [])])
  }
  for (const [path, told] of [
    ['/small', /status 413.*client_max_body_size/],
    ['/login', /status 401.*login of its own/],
    ['/closed', /status 403.*rule of its own/],
  ] as const) {
    const { end, stdout } = await run('read', path)
    const messages = parseLines(stdout)
    t.match(
      [end, messages],
      [1, [{ trace: { error: { message: told, internal_message: 'gateway_refused', failure_type: 'config_error' } } }]],
    )
    t.notMatch(stdout.toString(), /service_api_key|nginx\//)
  }
  const checked = await run('check', '/login')
  t.equal(checked.end, 0)
  t.match(parseLines(checked.stdout), [{ connectionStatus: { status: 'FAILED', message: /status 401.*login/ } }])
  const down = await bench.run(['jobs', 'list', '--url', `${front.url}/down`])
  t.match({ ...down, stdout: '' }, { end: 4, stderr: /status 502.*cannot reach the service.*look whether the service/ })

  const wrongKey = await run('read', '', 'wrong-key-wrong-key-wrong-key-wrong')
  t.match(wrongKey.stdout.toString(), /service_api_key is refused by the service/)
  const whole = await run('read', '')
  t.equal(whole.end, 0)
  t.match(parseLines(whole.stdout).at(-1)?.trace, { stream_status: { status: 'COMPLETE' } })
})
