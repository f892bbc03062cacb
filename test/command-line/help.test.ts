import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { commandNames, formOf } from '../../src/command-line/commands.ts'
import { nearestName } from '../../src/command-line/nearest-name.ts'
import { readArguments } from '../../src/command-line/read-arguments.ts'
import { resolveCommand } from '../../src/command-line/resolve-command.ts'
import { readConfig } from '../../src/settings/config.ts'
import { openConnector } from '../support/connector.ts'
import { runCompiled } from '../support/processes.ts'

const bench = openConnector(t)
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

async function run(...args: string[]) {
  const { end, stdout, stderr } = await bench.run(args)
  return { end, stdout: stdout.toString(), stderr }
}

t.test('the version is that of the package', async (t) => {
  for (const word of ['--version', 'version']) t.same(await run(word), { end: 0, stdout: `${version}\n`, stderr: '' })
})

t.test('the help of the program names every command', async (t) => {
  const { end, stdout, stderr } = await run('--help')
  t.same({ end, stderr }, { end: 0, stderr: '' })
  t.same(
    commandNames.filter((name) => !stdout.includes(`  ${name}`)),
    [],
  )
  t.same(await run('help'), { end, stdout, stderr })
  t.same(
    stdout.split('\n').filter((line) => line.length > 100),
    [],
  )
})

for (const name of commandNames)
  t.test(`the help of ${name} has its options, an example and the variables that it reads`, async (t) => {
    const { end, stdout, stderr } = await run(...name.split(' '), '--help')
    t.same({ end, stderr }, { end: 0, stderr: '' })
    const { options = {}, variables = [], example } = formOf(name)
    t.ok(stdout.startsWith(`usage: intercom-sync ${name}`))
    t.ok(stdout.includes(`\nexample:\n  intercom-sync ${example}\n`))
    for (const option of Object.keys(options)) t.match(stdout, new RegExp(`^ {2}--${option}\\b`, 'm'))
    for (const variable of variables) t.match(stdout, new RegExp(`^ {2}${variable} `, 'm'))
  })

t.test('every example is a command line that its command takes', async (t) => {
  for (const name of commandNames) {
    const words = formOf(name).example.replace(/ >.*/, '').split(' ')
    const resolved = resolveCommand(words)
    if (!('command' in resolved)) return t.fail(`"${words.join(' ')}" is no command`)
    t.equal(resolved.command, name)
    t.doesNotThrow(() => readArguments(name, resolved.args))
  }
})

t.test('a group of commands lists its own', async (t) => {
  t.match(await run('jobs', '--help'), { end: 0, stdout: /jobs run[\s\S]*jobs ack JOB OFFSET/ })
  t.match(await run('connections'), { end: 2, stderr: /connections apply FILE/ })
})

t.test('a command or an option that does not exist is told with the one that was meant', async (t) => {
  for (const [args, told] of [
    [['serv'], /there is no command "serv"; did you mean "serve"\?/],
    [['reda', '--config', 'x'], /did you mean "read"\?/],
    [['jobz'], /did you mean "jobs"\?/],
    [['jobs', 'lsit'], /there is no command "jobs lsit"; did you mean "jobs list"\?/],
    [['read', '--config', 'a', '--catlog', 'b'], /Unknown option '--catlog'; did you mean --catalog\?\nusage: /],
    [['serve', '--wroker'], /Unknown option '--wroker'; did you mean --worker\?/],
    [['simulator', '--contact', '5'], /Unknown option '--contact'; did you mean --contacts\?/],
    [['demo', '--kep'], /Unknown option '--kep'; did you mean --keep\?/],
    [['jobs', 'run', '--conection', 'a'], /Unknown option '--conection'; did you mean --connection\?/],
    [['backup', '--force'], /Unknown option '--force'\nusage: intercom-sync backup FOLDER/],
    [['jobs', 'show'], /JOB must be given\nusage: intercom-sync jobs show JOB/],
    [['jobs', 'show', 'seven'], /JOB must be a whole number, not "seven"/],
    [['jobs', 'run'], /either --config or --connection must be given/],
    [['simulator', '--port', 'high'], /--port must be a whole number, not "high"/],
  ] as const) {
    const { end, stdout, stderr } = await run(...args)
    t.match({ end, stdout, stderr }, { end: 2, stdout: /^$/, stderr: told }, args.join(' '))
    t.notMatch(stderr, /\n\s+at /)
  }
})

t.test('a name is taken for another only when it is like it', async (t) => {
  t.equal(nearestName('frobnicate', commandNames), undefined)
  t.equal(nearestName('conn', ['connections', 'check']), 'connections')
  t.equal(nearestName('', ['check']), undefined)
})

t.test('a command of a client loads nothing that asks Intercom, and nothing of a server', async (t) => {
  const preload = fileURLToPath(new URL('../support/loaded-modules.js', import.meta.url))
  const options = { nodeOptions: `--import=${preload}`, environment: { INTERCOM_SYNC_URL: 'http://127.0.0.1:1' } }
  const { end, stderr } = await openConnector(t, { isBundled: false }).run(['jobs', 'list'], options)
  t.equal(end, 4, stderr)
  t.match(stderr, /module \.\/jobs\/list\.js/, 'loading is watched')
  t.notMatch(stderr, /module (axios|bullmq|ioredis|fastify|pino|typebox|yaml|cli-progress)\b/)
})

t.test('the simulator by itself has a help and a version, too', async (t) => {
  const help = runCompiled(t, 'simulator/main.js', ['--help'], {}, { showsToken: true })
  t.equal(await help.exited, 0)
  t.match(help.stdout(), /^usage: intercom-sync simulator/)
  const wrong = runCompiled(t, 'simulator/main.js', ['--contatcs', '3'], {}, { showsToken: true })
  t.equal(await wrong.exited, 2)
  t.match(wrong.stderr(), /did you mean --contacts\?/)
})

/** Settings ask whether any variable is set, or is the name of a file: these are not. */
const notFiles = ['REDIS_TLS_CERT_FILE_FILE', 'REDIS_TLS_KEY_FILE_FILE', 'LOG_TOTAL_BYTES_FILE']

t.test('the help of serve names every variable that the settings read', async (t) => {
  const asked = new Set<string>()
  const values: Record<string, string> = {
    REDIS_URL: 'rediss://primary',
    REDIS_SENTINELS: 'one:26379',
    REDIS_TLS_CA_FILE: '/nowhere',
    API_KEYS: 'x',
    ENCRYPTION_KEYS: 'x',
  }
  const environment = new Proxy(values, {
    get(_target, name) {
      asked.add(String(name))
      return values[String(name)]
    },
  })
  t.throws(() => readConfig(environment), { message: /REDIS_TLS_CA_FILE/ })
  t.ok(asked.size > 30)
  const help = (await run('serve', '--help')).stdout.toUpperCase()
  t.same(
    [...asked].map((name) => name.toUpperCase()).filter((name) => !new RegExp(`\\b${name}\\b`).test(help)),
    notFiles,
  )
})
