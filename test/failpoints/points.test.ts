import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { plainFailpoints } from '../../src/failpoints.ts'
import { apiPoints, harmlessPoints, startPoints, webhookPoints, workerPoints } from '../support/failpoint-list.ts'

const source = new URL('../../../src', import.meta.url).pathname
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const textOf = (file: string) => readFileSync(join(source, file), 'utf8')

t.test('a process is killed at every step that it makes, or it is said why that shows nothing', async (t) => {
  const scripts = files
    .filter((file) => file.endsWith('.lua.ts'))
    .flatMap((file) => [...textOf(file).matchAll(/defineScript\(\{\s+name: '(\w+)'/g)].map(([, name]) => name))
  t.ok(scripts.length > 30)
  const met = [
    ...Object.keys(workerPoints),
    ...apiPoints,
    ...startPoints,
    ...webhookPoints,
    ...Object.keys(harmlessPoints),
  ]
  t.same([...new Set(met)].toSorted(), [...scripts, ...plainFailpoints].toSorted())
})

t.test('every failpoint that is named is in the code, and none in the code has no name', async (t) => {
  const inCode = files.flatMap((file) => [...textOf(file).matchAll(/failpoint\('(\w+)'/g)].map(([, name]) => name))
  t.same(inCode.toSorted(), [...plainFailpoints].toSorted())
})
