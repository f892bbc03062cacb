import { fileURLToPath } from 'node:url'
import t from 'tap'
import { protocolFault } from '../../simulator/oracle/protocol.ts'
import { openConnector } from '../support/connector.ts'
import { findFreePort } from '../support/free-port.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const bench = openConnector(t)
const intercom = await listenSimulator(t, {
  contacts: 3,
  companies: 3,
  conversations: 3,
  accessTokens: { 'simulator-token': [], 'token-without-tags': ['read_tags'] },
})
const config = bench.write('config.json', { access_token: 'simulator-token' })

/** Runs a command that prints one message. */
async function runForOne(args: string[], address = intercom.url) {
  const { end, stdout, stderr } = await bench.run(args, { intercom: address })
  const text = stdout.toString()
  if (!/^[^\n]+\n$/.test(text)) throw new Error(`not one line: ${text} ${stderr}`)
  const message = JSON.parse(text)
  return { end, stderr, message, fault: protocolFault(message) }
}

t.test('spec needs no file, no network and nothing that asks Intercom', async (t) => {
  const preload = fileURLToPath(new URL('../support/loaded-modules.js', import.meta.url))
  const { end, stdout, stderr } = await openConnector(t, { isBundled: false }).run(['spec'], {
    nodeOptions: `--import=${preload}`,
  })
  t.equal(end, 0)
  const message = JSON.parse(stdout.toString())
  t.equal(protocolFault(message), undefined)
  t.match(message, {
    type: 'SPEC',
    spec: { connectionSpecification: { properties: { access_token: { type: 'string' } } } },
  })
  t.match(stderr, /module \.\/connector\/spec\.js/, 'loading is watched')
  t.notMatch(stderr, /module (axios|bullmq|ioredis|fastify|pino)\b/)
})

t.test('check tells whether a config can be used, and a verdict is no failure of the process', async (t) => {
  const good = await runForOne(['check', '--config', config])
  t.match(good, { end: 0, stderr: '', message: { connectionStatus: { status: 'SUCCEEDED', message: /All streams/ } } })
  t.equal(good.fault, undefined)
  for (const [content, reason] of [
    [{ access_token: 'revoked' }, /does not accept the access token/],
    [{}, /access_token is missing/],
    [{ access_token: 'simulator-token', start_date: '2024-02-30T00:00:00Z' }, /start_date must be a UTC date/],
    [['simulator-token'], /must be an object/],
    ['null', /must be an object/],
  ] as const) {
    const refused = await runForOne(['check', `--config=${bench.write('refused.json', content)}`, '--debug'])
    t.match(refused, { end: 0, fault: undefined, message: { connectionStatus: { status: 'FAILED', message: reason } } })
  }
  const partly = bench.write('partly.json', { access_token: 'token-without-tags' })
  t.match(await runForOne(['check', '--config', partly]), {
    end: 0,
    message: { connectionStatus: { status: 'SUCCEEDED', message: /tags: the token lacks the permission "Read tags"/ } },
  })
})

t.test('an Intercom that cannot be reached gives no verdict: a transient error', async (t) => {
  const nobody = `http://127.0.0.1:${await findFreePort()}`
  const { end, message, fault } = await runForOne(['check', '--config', config], nobody)
  t.equal(fault, undefined)
  t.match(message, { type: 'TRACE', trace: { type: 'ERROR', error: { failure_type: 'transient_error' } } })
  t.match(message.trace.error.message, /could not be reached|did not answer/)
  t.equal(end, 1)
})

t.test('discover lists the streams, and says which can go on where they were', async (t) => {
  const { end, message, fault } = await runForOne(['discover', '--config', config])
  t.equal(end, 0)
  t.equal(fault, undefined)
  t.ok(message.catalog.streams.length >= 11)
  for (const stream of message.catalog.streams) {
    const isIncremental = stream.supported_sync_modes.includes('incremental')
    t.equal(stream.is_resumable, isIncremental, stream.name)
    t.equal(stream.source_defined_cursor ?? false, isIncremental, stream.name)
  }
  const revoked = bench.write('revoked.json', { access_token: 'revoked' })
  t.match(await runForOne(['discover', '--config', revoked]), {
    end: 1,
    fault: undefined,
    message: { trace: { error: { failure_type: 'config_error', internal_message: 'token_invalid' } } },
  })
})

t.test('a wrong command line exits with 2 as all of Airbyte does, and prints no message', async (t) => {
  for (const [args, told] of [
    [[], /usage: intercom-sync <command>/],
    [['write'], /no command "write"/],
    [['spec', 'more'], /Unexpected argument 'more'/],
    [['check'], /--config must name a file/],
    [['check', '--config'], /--config <value>' argument missing/],
    [['discover', '--config', config, '--catalog', config], /Unknown option '--catalog'/],
    [['read', '--config', config], /--catalog must name a file\nusage: intercom-sync read --config FILE --catalog/],
    [['read', '--config', config, '--catalog', ''], /--catalog must name a file/],
  ] as const) {
    const { end, stdout, stderr } = await bench.run([...args])
    t.match({ end, stdout: stdout.toString(), stderr }, { end: 2, stdout: /^$/, stderr: told }, args.join(' '))
  }
})

t.test('an environment that names no address is told', async (t) => {
  t.match(await runForOne(['check', '--config', config], 'ftp://intercom'), {
    end: 1,
    message: { trace: { error: { failure_type: 'config_error', message: /INTERCOM_BASE_URL is not a URL/ } } },
  })
})
