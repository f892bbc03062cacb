import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { noProxies } from '../../src/network/proxies.ts'
import { connectDirectly } from '../../src/webhooks/connect.ts'
import { eventTypes } from '../../src/webhooks/events.ts'
import { webhookBodyOf } from '../../src/webhooks/message.ts'
import { sendMessage } from '../../src/webhooks/send.ts'
import { createWebhookSecret, standardHeaders } from '../../src/webhooks/signature.ts'
import { readBlocks } from '../support/documents.ts'
import { findFreePort } from '../support/free-port.ts'
import { untilHolds } from '../support/polling.ts'
import { runProcess } from '../support/processes.ts'
import { withTools } from '../support/tools.ts'
import { loopbackReceivers } from '../support/webhooks.ts'

const blocks = readBlocks('docs/webhooks.md')
const exampleIn = (language: string) => blocks.find((block) => block.language === language)?.text ?? ''

const programs = [
  { language: 'js', command: process.execPath, file: 'receiver.mjs', needs: {} },
  { language: 'python', command: 'python3', file: 'receiver.py', needs: withTools('python3') },
]

for (const { language, command, file, needs } of programs)
  t.test(`the example in ${language} takes what is signed, and nothing else`, needs, async (t) => {
    // Inside of the repository, where Node finds the library.
    const path = join(t.testdir(), file)
    writeFileSync(path, exampleIn(language))
    const port = await findFreePort()
    const secret = createWebhookSecret()
    const program = runProcess(t, command, [path], { PORT: String(port), WEBHOOK_SECRET: secret })
    const dependencies = {
      receivers: loopbackReceivers,
      connect: connectDirectly,
      proxies: noProxies,
      clock: systemClock,
    }
    const body = webhookBodyOf({ type: 'webhook.test', at: Date.now(), connectionId: 'acme' }, 'standard', undefined)
    const send = (given: string, now = Date.now()) =>
      sendMessage(
        dependencies,
        {
          url: `http://127.0.0.1:${port}/`,
          body,
          headers: standardHeaders({ deliveryId: 'msg_1', body }, given, now),
        },
        new AbortController().signal,
      )
    await untilHolds(async () => (await send(secret)).statusCode !== undefined)
    t.match(await send(secret), { statusCode: 204 })
    await program.untilLine(/^webhook.test acme$/)
    t.match(await send(createWebhookSecret()), { statusCode: 400 })
    t.match(await send(secret, Date.now() - 600_000), { statusCode: 400 })
  })

t.test('every event is explained', async (t) => {
  const text = readFileSync('docs/webhooks.md', 'utf8')
  t.same(
    eventTypes.filter((type) => !text.includes(`| \`${type}\``)),
    [],
  )
})
