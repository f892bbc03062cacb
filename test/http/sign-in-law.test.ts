import fc from 'fast-check'
import t from 'tap'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import {
  answerAtIntercom,
  type BegunBody,
  caller,
  openPage,
  readFlow,
  startSignInService,
  type Tenant,
  tenants,
} from '../support/sign-ins.ts'

const server = await startRedis(t)
const intercom = await listenSimulator(t, { contacts: 3, companies: 0, conversations: 0 })
const clock = createManualClock(Date.now())
const limits = { requestsPerMinute: 1_000_000 }
const api = await startSignInService(t, server, intercom.url, { clock, limits })

/** A sign-in as the law sees it. */
interface Flow {
  tenant: Tenant
  connectionId: string
  begun: BegunBody
  cookie: string
  expiresAt: number
  /** Where Intercom has sent the browser, and what the page showed. */
  back?: string
  code: string
  wrongCodes: number
  status: 'pending' | 'consented' | 'connected' | 'denied' | 'failed'
}

type Step =
  | { kind: 'begin'; tenant: Tenant }
  | { kind: 'answer'; flow: number; decision: 'allow' | 'deny'; browser: 'own' | 'other' | 'of another flow' }
  | { kind: 'reload'; flow: number; browser: 'own' | 'other' }
  | { kind: 'confirm'; flow: number; tenant: Tenant; code: 'right' | 'wrong' | 'of another flow' }
  | { kind: 'wait'; minutes: number }

const flow = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const), tenant: fc.constantFrom(...tenants) }),
  fc.record({
    kind: fc.constant('answer' as const),
    flow,
    decision: fc.constantFrom('allow' as const, 'allow' as const, 'allow' as const, 'deny' as const),
    browser: fc.constantFrom('own' as const, 'other' as const, 'of another flow' as const),
  }),
  fc.record({ kind: fc.constant('reload' as const), flow, browser: fc.constantFrom('own' as const, 'other' as const) }),
  fc.record({
    kind: fc.constant('confirm' as const),
    flow,
    tenant: fc.constantFrom(...tenants),
    code: fc.constantFrom('right' as const, 'right' as const, 'wrong' as const, 'of another flow' as const),
  }),
  fc.record({ kind: fc.constant('wait' as const), minutes: fc.constantFrom(1, 4, 9) }),
)

let runs = 0

t.test(
  'no order of steps connects without the cookie of the one who began, or the code in the hands of the tenant',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const flows: Flow[] = []
        const run = ++runs
        for (const one of [{ kind: 'begin', tenant: 'acme' } as const, ...steps]) await play(one, flows, run)
        for (const made of flows) {
          const isConnected = made.status === 'connected'
          const { status } = await caller(api, made.tenant)('GET', `/connections/${made.connectionId}`)
          if ((status === 200) !== isConnected)
            throw new Error(`the connection of a flow that is ${made.status}: ${status}`)
          const shown = (await readFlow(api, made.begun.flowId, made.tenant)).status
          const isLate = !['connected', 'denied', 'failed'].includes(made.status) && clock.now() >= made.expiresAt
          if (shown !== (isLate ? 'expired' : made.status)) throw new Error(`${made.status} is shown as ${shown}`)
        }
      }),
      { numRuns: 40 },
    )
    t.ok(runs >= 40)
  },
)

async function play(one: Step, flows: Flow[], run: number): Promise<void> {
  if (one.kind === 'wait') return clock.advance(one.minutes * 60_000)
  if (one.kind === 'begin') return begin(one.tenant, flows, run)
  const made = flows[one.flow % flows.length]
  if (!made) return
  const other = flows.find((another) => another !== made)
  const isOpen = clock.now() < made.expiresAt
  if (one.kind === 'answer') {
    made.back = await answerAtIntercom(made.begun.authorizeUrl, { decision: one.decision })
    const isOwn = one.browser === 'own'
    const cookie = isOwn ? made.cookie : one.browser === 'other' ? '' : (other?.cookie ?? '')
    const page = await openPage(made.back, cookie)
    if (made.status !== 'pending' || !isOpen) return
    made.status = one.decision === 'deny' ? 'denied' : isOwn ? 'connected' : 'consented'
    if (made.status === 'consented') made.code = page.code
  } else if (one.kind === 'reload') {
    if (made.back !== undefined) await openPage(made.back, one.browser === 'own' ? made.cookie : '')
  } else {
    const wrong = one.code === 'wrong' ? 'AAAA-AAAA' : (other?.code ?? '') || 'BBBB-BBBB'
    const confirmationCode = one.code === 'right' ? made.code || 'CCCC-CCCC' : wrong
    await caller(api, one.tenant)('POST', `/oauth/flows/${made.begun.flowId}/confirm`, { confirmationCode })
    if (made.status !== 'consented' || !isOpen || one.tenant !== made.tenant) return
    if (confirmationCode === made.code) made.status = 'connected'
    else if (++made.wrongCodes === 5) made.status = 'failed'
  }
}

async function begin(tenant: Tenant, flows: Flow[], run: number): Promise<void> {
  const connectionId = `law-${run}-${flows.length}`
  const body = { connectionId, connection: { streams: ['tags'] } }
  const { value, cookie } = await caller(api, tenant)<BegunBody>('POST', '/oauth/flows', body)
  const expiresAt = Date.parse(value.expiresAt)
  flows.push({ tenant, connectionId, begun: value, cookie, expiresAt, code: '', wrongCodes: 0, status: 'pending' })
}
