import t from 'tap'
import { runAnswers } from './answers.ts'

// A busy machine takes longer than the usual limit of a file.
t.setTimeout(600_000)

/** Of each class several; `npm run answers` tries all there are. */
const statuses = [
  200, 201, 204, 206, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 407, 408, 409, 410, 418, 422, 423, 425, 429,
  451, 500, 501, 503, 507, 520, 529, 599,
]

t.test('whatever answers in the place of whatever, nothing is missing that the job does not tell of', async (t) => {
  const { faults, cases } = await runAnswers({ statuses, seed: 1, oneOf: 17, mostFaults: 3 })
  t.same(faults, [])
  t.ok(cases > 300, `${cases} cases`)
})
