import t, { type Test } from 'tap'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, contactsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const streams = ['contacts']
const now = Date.UTC(2026, 4, 5, 12)
const span = { from: now / 1000 - 1800, to: now / 1000 - 600 }

/** Ids of what a second sync delivers when one custom attribute of a contact has changed as said, and nothing else. */
async function deliveredAfter(t: Test, before: string, after: string) {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { contacts: 20, oddities: false, span, clock })
  const [contact] = simulator.workspace.collection('contacts').latest()
  const id = contact?.plan.id ?? ''
  let value = before
  const baseUrl = await editAnswers(t, simulator, ({ body }) => {
    const marked = body.replace(`"id":"${id}",`, `"id":"${id}","avatar_link":"${value}",`)
    return { body: marked }
  })
  const first = await collectSync({ baseUrl, clock, streams })
  t.ok(contactsOf(first.messages).some(({ avatar_link: link }) => link === JSON.parse(`"${before}"`)))
  value = after
  const second = await collectSync({ baseUrl, clock, streams, state: first.state })
  return contactsOf(second.messages).map((record) => record.id === id)
}

const signed = (host: string, hour: number, path = '/i/o/1/ab/file.png') =>
  `https://${host}${path}?expires=${hour}&signature=${'0f'.repeat(31)}${hour}&req=a%2Fb${hour}`

for (const [name, before, after] of [
  ['a link of its own', 'https://shop.example/order?id=1', 'https://shop.example/order?id=2'],
  ['a link of its own, escaped', 'https:\\/\\/shop.example\\/order?id=1', 'https:\\/\\/shop.example\\/order?id=2'],
  ['a link that is signed by somebody else', signed('files.example', 10), signed('files.example', 11)],
  ['a host that only looks like it', signed('intercomcdn.com.example', 10), signed('intercomcdn.com.example', 11)],
  [
    'an attachment that is another',
    signed('downloads.intercomcdn.com', 10),
    signed('downloads.intercomcdn.com', 10, '/o'),
  ],
  ['a query that is no signature', 'https://js.intercomcdn.com/a?v=1', 'https://js.intercomcdn.com/a?v=2'],
  [
    'the line behind an attachment',
    `${signed('downloads.intercomcdn.com', 10)}\\nA`,
    `${signed('downloads.intercomcdn.com', 10)}\\nB`,
  ],
] as const)
  t.test(`a change is delivered: ${name}`, async (t) => {
    t.same(await deliveredAfter(t, before, after), [true])
  })

for (const host of [
  'downloads.intercomcdn.com',
  'downloads.au.intercomcdn.com',
  'downloads.intercomcdn.eu',
  'acme-0a1b.intercom-attachments-7.com',
  'intercom-attachments-1.com',
  'acme.intercom-attachments.eu',
  'uploads.intercomusercontent.com',
])
  t.test(`an attachment signed anew is no change: ${host}`, async (t) => {
    t.same(await deliveredAfter(t, signed(host, 10), signed(host, 11)), [])
    const escaped = (hour: number) => signed(host, hour).replaceAll('/', '\\/').replaceAll('&', '\\u0026')
    t.same(await deliveredAfter(t, escaped(10), escaped(11)), [])
    const inHtml = (hour: number) => `<img src=\\"${signed(host, hour).replaceAll('&', '&amp;')}\\">`
    t.same(await deliveredAfter(t, inHtml(10), inHtml(11)), [])
  })
