import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'

const root = new URL('../../', import.meta.url).pathname

/**
 * Values that only tests take: a step of a loop without its timer, a table that a document is compared with, a failpoint
 * that is armed, a figure that would take minutes to wait for. Types may be taken by tests alone: they describe what
 * tests hand over.
 */
const forTestsAlone = new Set([
  'src/failpoints.ts: interruptSteps',
  'src/failpoints.ts: plainFailpoints',
  'src/intercom/answers/envelopes.ts: errorEnvelopes',
  'src/intercom/answers/status-classes.ts: statusClasses',
  'src/queue/due/due-role.ts: reconcileSchedules',
  'src/queue/reconciler.ts: reconcileJobs',
  'src/redis/checks/trial-commands.ts: neededCommands',
  'src/redis/redis-program.ts: findMemoryProgram',
  'src/store/segments/folder/segment-sweeper.ts: sweep',
  'src/store/space/space-keeper.ts: lookForSpace',
  'src/sync/attempt/retry-policy.ts: delayBeforeNextAttempt',
])

const sources = listFiles('src')
const texts = new Map(
  [...sources, ...['simulator', 'bench', 'test'].flatMap(listFiles)].map((file) => [file, read(file)]),
)
/** Commands and scripts load compiled files by their path. */
const loaders = ['bin/intercom-sync', ...readdirSync(join(root, 'scripts')).map((name) => `scripts/${name}`)]
  .filter((file) => !file.endsWith('.json'))
  .map(read)

interface Exported {
  file: string
  name: string
  isType: boolean
}

const exported: Exported[] = sources.flatMap((file) =>
  [
    ...(texts.get(file) ?? '').matchAll(
      /^export (?:async )?(function\*?|const|class|let|interface|type) (?!\{)(\w+)/gm,
    ),
  ].map(([, kind = '', name = '']) => ({ file, name, isType: kind === 'interface' || kind === 'type' })),
)

/** Who imports a name of a file, as `file: name`. */
const takers = new Map<string, Set<string>>()
for (const [file, text] of texts) for (const taken of takenBy(file, text)) note(taken, file)

t.test('no name is exported by two files', async (t) => {
  t.ok(exported.length > 1500)
  const files = new Map<string, Set<string>>()
  for (const { file, name } of exported) files.set(name, (files.get(name) ?? new Set()).add(file))
  t.same(
    [...files].filter(([, places]) => places.size > 1).map(([name, places]) => `${name}: ${[...places].join(', ')}`),
    [],
  )
})

t.test('nothing is exported that no other file takes', async (t) => {
  const unused = exported.filter(({ file, name }) => !takers.has(`${file}: ${name}`) && !isLoaded(file, name))
  t.same(unused.map(toText), [])
})

t.test('a value that only tests take is one of a few', async (t) => {
  const ofTests = exported.filter(
    ({ file, name, isType }) =>
      !isType &&
      [...(takers.get(`${file}: ${name}`) ?? [])].every((taker) => /^(test|bench)\//.test(taker)) &&
      !isLoaded(file, name),
  )
  t.same(ofTests.map(toText).toSorted(), [...forTestsAlone].toSorted())
})

function toText({ file, name }: Exported): string {
  return `${file}: ${name}`
}

function note(taken: string, file: string): void {
  takers.set(taken, (takers.get(taken) ?? new Set()).add(file))
}

/** Names that a file imports or exports again, or takes of a file that it loads later. */
function takenBy(file: string, text: string): string[] {
  const names = (target: string, list: string) =>
    list
      .split(',')
      .map(
        (item) =>
          item
            .trim()
            .replace(/^type /, '')
            .split(/ as |:/)[0],
      )
      .flatMap((name) => (name ? [`${normalize(join(dirname(file), target))}: ${name}`] : []))
  return [
    ...[...text.matchAll(/^(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)],
    ...[...text.matchAll(/const \{([^}]*)\} = await import\('(\.[^']+)'\)/g)],
    ...[...text.matchAll(/import\('(\.[^']+)'\)\)\.(\w+)/g)].map(([all, target, name]) => [all, name, target]),
    ...[...text.matchAll(/import\('(\.[^']+)'\)\.(\w+)/g)].map(([all, target, name]) => [all, name, target]),
  ].flatMap(([, list = '', target = '']) => names(target, list))
}

function isLoaded(file: string, name: string): boolean {
  const compiled = file.replace(/^.*\//, '').replace(/\.ts$/, '.js')
  return loaders.some((text) => text.includes(compiled) && new RegExp(`\\b${name}\\b`).test(text))
}

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`)
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
