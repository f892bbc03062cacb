import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { openConnector } from '../support/connector.ts'
import { readBlocks } from '../support/documents.ts'
import { untilHolds } from '../support/polling.ts'
import { runProcess, type Teardown } from '../support/processes.ts'
import { answerAtIntercom, openPage } from '../support/sign-ins.ts'
import { withTools } from '../support/tools.ts'

const small = { contacts: 5, conversations: 0, companies: 0, longConversations: 0 }
const bench = openConnector(t)

const [start = '', commands = ''] = readBlocks('README.md')
  .filter(({ heading }) => heading === 'By itself')
  .map(({ text }) => text)

/** A service with Intercom's app, as the README starts it. */
async function startWithApp(t: Teardown) {
  const service = await startBridgedService(t, small, ({ url, intercom }) => {
    const here = start.replaceAll('http://127.0.0.1:8080', url).replaceAll('http://127.0.0.1:4010', intercom)
    return Object.fromEntries(
      Array.from(here.matchAll(/([A-Z_]+)=(\S+)/g), ([, name = '', value = '']) => [name, value]),
    )
  })
  return { service, environment: { INTERCOM_SYNC_URL: service.url, INTERCOM_SYNC_API_KEY: service.key } }
}

t.test('a laptop signs in as the README says: it prints the page, asks for the code, and waits', async (t) => {
  const { service, environment } = await startWithApp(t)
  const running = bench.start(['connections', 'authenticate', 'acme', '--json'], { environment, stdin: true })
  let told = ''
  running.child.stderr?.on('data', (piece) => {
    told += piece
  })
  const untilTold = async (what: RegExp) => {
    for (;;) {
      const found = what.exec(told)
      if (found) return found[1] ?? ''
      await once(running.child.stderr ?? running.child, 'data')
    }
  }
  await untilTold(/(Waiting for you to allow access)/)
  const page = await openPage(await answerAtIntercom(await untilTold(/(http\S+\/oauth\?\S+)\n/)))
  await untilTold(/(The code that the page shows: )/)
  running.child.stdin?.write('AAAA-AAAA\n')
  await untilTold(/(4 more tries)/)
  running.child.stdin?.end(`${page.code}\n`)
  const { end, stdout, stderr } = await running.finished
  t.equal(end, 0, stderr)
  t.match(stderr, /Connection acme is connected to Intercom, workspace \w+\.\nIt reads activity_logs, /)
  t.match(stderr, /jobs run --connection acme --wait\n.*connections schedule acme /)
  t.match(JSON.parse(stdout.toString()), {
    connectionId: 'acme',
    access: 'oauth',
    workspaceId: service.intercom.workspace.id,
  })

  const [first, ...further] = commands.trim().split('\n')
  t.equal(first, 'bin/intercom-sync connections authenticate acme')
  const here = further.join('\n').replaceAll('http://127.0.0.1:4010', service.intercom.url)
  const shell = runProcess(t, 'sh', ['-ec', here], environment)
  t.equal(await shell.exited, 0, shell.stderr())
  t.match(shell.stdout(), /: the secret of http\S+ is whsec_\S+; it is shown this once\n/)
  t.match(shell.stdout(), / webhook\.test +delivered +1 +204 /)
  t.match(await (await service.fetch('/v1/connections/acme')).json(), {
    schedule: { cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
    ack: 'on_success',
    webhooks: [{ url: `${service.intercom.url}/_simulator/webhook` }],
    access: 'oauth',
  })
})

t.test('where nobody can sign in, it says so and takes an access token', async (t) => {
  const service = await startBridgedService(t, small)
  const environment = { INTERCOM_SYNC_URL: service.url, INTERCOM_SYNC_API_KEY: service.key }
  const authenticate = async (typed: string) => {
    const running = bench.start(['connections', 'authenticate', 'pasted'], { environment, stdin: true })
    running.child.stdin?.end(typed)
    return running.finished
  }
  const { end, stderr } = await authenticate('simulator-token\n')
  t.equal(end, 0, stderr)
  t.match(stderr, /Nobody can sign in here: .*PUBLIC_URL.*\n.*Developer Hub/)
  const again = await authenticate('simulator-token\n')
  t.equal(again.end, 0, 'a connection that is there gets another token')
  t.match(await authenticate(''), { end: 2, stderr: /nobody has answered/ })
  t.match(await authenticate('wrong-token\n'), { end: 1, stderr: /does not accept the access token/ })
})

t.test(
  'in a terminal it opens the page in the browser, where there is one and it may',
  withTools('script'),
  async (t) => {
    const { environment } = await startWithApp(t)
    const browser = '#!/bin/sh\nprintf "%s" "$1" > "$OPENED.new" && mv "$OPENED.new" "$OPENED"\n'
    const folder = t.testdir({ 'xdg-open': browser, open: browser })
    for (const name of ['xdg-open', 'open']) chmodSync(join(folder, name), 0o755)
    const authenticate = (name: string, args: string, variables: Record<string, string>) => {
      const [shown, opened] = [join(folder, `${name}.shown`), join(folder, `${name}.opened`)]
      const command = `${bench.program} connections authenticate ${name} ${args}`
      const process_ = runProcess(t, 'script', ['-qefc', command, shown], {
        ...environment,
        PATH: `${folder}:${process.env.PATH}`,
        OPENED: opened,
        ...variables,
      })
      const page = async () => {
        const pattern = /(http\S+\/oauth\?\S+)\s+Waiting/
        await untilHolds(() => existsSync(shown) && pattern.test(readFileSync(shown, 'utf8')))
        return pattern.exec(readFileSync(shown, 'utf8'))?.[1]
      }
      return { process_, page, opened }
    }
    const display = { DISPLAY: ':0' }
    const seen = authenticate('seen', '', display)
    const others = [authenticate('told-not-to', '--no-browser', display), authenticate('no-display', '', {})]
    const page = await seen.page()
    await untilHolds(() => existsSync(seen.opened))
    t.equal(readFileSync(seen.opened, 'utf8'), page)
    for (const { page: printed } of others) t.match(await printed(), /^http/)
    for (const { process_ } of [seen, ...others]) await process_.end('SIGTERM')
    const openers = process.platform === 'linux' ? others : others.slice(0, 1)
    t.same(
      openers.filter(({ opened }) => existsSync(opened)),
      [],
    )
  },
)
