import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import ts from 'typescript'

const root = new URL('../../', import.meta.url).pathname

/** Layers from the top down: a file imports from its own layer and from layers below, never from one above. */
const layers = [
  ['src/server.ts', 'src/connector.ts', 'src/client/', 'src/process/backup.ts'],
  ['src/roles/'],
  ['src/app.ts', 'src/http/', 'src/connector/'],
  ['src/queue/', 'src/process/'],
  ['src/redis/'],
  [
    'src/settings/config.ts',
    'src/settings/redis.ts',
    'src/settings/oauth.ts',
    'src/settings/webhooks.ts',
    'src/store/',
  ],
  ['src/sync/'],
  ['src/streams/', 'src/intercom/'],
  ['src/airbyte/', 'src/schedules/', 'src/webhooks/'],
  ['src/logger.ts', 'src/log/', 'src/error-report.ts', 'src/settings/environment.ts', 'src/settings/front.ts'],
  [
    'src/command-line/',
    'src/display/',
    'src/errors.ts',
    'src/error-table.ts',
    'src/epoch.ts',
    'src/failpoints.ts',
    'src/folder-faults.ts',
    'src/heap/',
    'src/clock.ts',
    'src/json-object.ts',
    'src/json/',
    'src/network/',
    'src/metrics-table.ts',
    'src/metrics.ts',
    'src/redaction.ts',
    'src/connections-file/',
    'src/stored/',
  ],
]

/** Who may use which library; what is not named here is anybody's. */
const libraries: Record<string, RegExp> = {
  bullmq: /^src\/queue\//,
  ioredis: /^src\/(redis|queue|store)\//,
  fastify: /^src\/(http\/|app\.ts)/,
  'prom-client': /^src\/metrics\.ts$/,
  'cli-progress': /^src\/display\//,
  yaml: /^src\/connections-file\//,
  croner: /^src\/schedules\//,
  axios: /^src\/intercom\/(transport|http-adapter|http-body)\.ts$/,
}

const sources = listSources('src')
const imports = new Map(sources.map((file) => [file, importsOf(file)]))

t.test('every source file belongs to a layer', async (t) => {
  t.same(
    sources.filter((file) => layerOf(file) === -1),
    [],
  )
})

t.test('imports point down', async (t) => {
  const upward = sources.flatMap((file) =>
    (imports.get(file) ?? [])
      .filter((target) => target.startsWith('src/') && layerOf(target) < layerOf(file))
      .map((target) => `${file} -> ${target}`),
  )
  t.same(upward, [])
})

t.test('the connector takes nothing of the service, by whatever way', async (t) => {
  const ways = waysFrom('src/connector.ts')
  t.ok(ways.size > 100)
  const service =
    /^src\/(http\/|queue\/|process\/|redis\/|store\/|app\.ts|roles\/|settings\/(config|redis)\.ts|server\.ts)/
  t.same(
    [...ways].filter(([file]) => service.test(file)).map(([, way]) => way.join(' -> ')),
    [],
  )
})

t.test('the commands that ask a service take nothing of it but the bridge, by whatever way', async (t) => {
  const ways = waysFrom('src/client/client.ts')
  t.ok(ways.size > 40)
  const own =
    /^src\/(http\/|queue\/|process\/|redis\/|store\/|sync\/|intercom\/|app\.ts|roles\/|settings\/config\.ts|server\.ts)/
  t.same(
    [...ways].filter(([file]) => own.test(file)).map(([, way]) => way.join(' -> ')),
    [],
  )
})

t.test('finding a command and telling its help loads none of the commands', async (t) => {
  const ways = [...waysFrom('src/command-line/resolve-command.ts').keys()]
  t.same(
    ways.filter((file) => !file.startsWith('src/command-line/')),
    [],
  )
})

t.test('the engine takes neither Redis nor a server, by whatever way', async (t) => {
  const ways = [...waysFrom('src/sync/engine.ts')]
  t.ok(ways.length > 80)
  const taken = ways.filter(([file]) =>
    imports.get(file)?.some((name) => ['bullmq', 'ioredis', 'fastify'].includes(name)),
  )
  t.same(
    taken.map(([, way]) => way.join(' -> ')),
    [],
  )
})

t.test('there are no cycles', async (t) => {
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')]
    if (done.has(file)) return []
    done.add(file)
    return (imports.get(file) ?? []).flatMap((target) => visit(target, [...path, file]))
  }
  t.same(
    sources.flatMap((file) => visit(file, [])),
    [],
  )
})

t.test('there are no cycles between folders', async (t) => {
  const folders = new Map<string, Set<string>>()
  for (const [file, targets] of imports)
    for (const target of targets.filter((one) => one.startsWith('src/'))) {
      const [from, to] = [dirname(file), dirname(target)]
      // The files of the root are entries, and what everybody uses.
      if (from === to || from === 'src' || to === 'src') continue
      folders.set(from, (folders.get(from) ?? new Set()).add(to))
    }
  const reachedFrom = (folder: string, reached = new Set<string>()): Set<string> => {
    for (const next of folders.get(folder) ?? []) if (!reached.has(next)) reachedFrom(next, reached.add(next))
    return reached
  }
  t.same(
    [...folders.keys()].filter((folder) => reachedFrom(folder).has(folder)),
    [],
  )
})

t.test('a folder of src holds 15 files at most', async (t) => {
  const folders = [...new Set(sources.map((file) => dirname(file)))]
  const countOf = (folder: string) => sources.filter((file) => dirname(file) === folder).length
  t.same(
    folders.filter((folder) => countOf(folder) > 15),
    [],
  )
})

t.test('libraries stay where they belong', async (t) => {
  const astray = sources.flatMap((file) =>
    (imports.get(file) ?? [])
      .filter((name) => libraries[name]?.test(file) === false)
      .map((name) => `${file} -> ${name}`),
  )
  t.same(astray, [])
})

t.test('only the configuration reads the environment, and time is passed in', async (t) => {
  const using = (pattern: RegExp, files: string[]) => files.filter((file) => pattern.test(read(file)))
  t.same(using(/process\.env/, sources), [
    'src/client/service/settings.ts',
    'src/connector/settings.ts',
    'src/display/settings.ts',
    'src/settings/config.ts',
  ])
  const pure = sources.filter((file) => /^src\/(sync|intercom|store|streams|airbyte)\//.test(file))
  t.ok(pure.length > 30)
  t.same(using(/Date\.now\(|setTimeout\(|setInterval\(|Math\.random\(/, pure), [])
})

t.test('the simulated Intercom and its oracle take nothing from the product but the clock', async (t) => {
  // How a command line is read and how progress is shown decide nothing about records.
  const commands = /^simulator\/(demo|demo\/.*|main|simulate|oracle\/(main|command))\.ts$/
  const taken = (isCommand: boolean) => [
    ...new Set(
      listSources('simulator')
        .filter((file) => commands.test(file) === isCommand)
        .flatMap((file) => importsOf(file).filter((target) => target.startsWith('src/'))),
    ),
  ]
  t.same(taken(false), ['src/clock.ts'])
  t.same(
    taken(true).filter((file) => !/^src\/(clock\.ts|command-line\/|display\/)/.test(file)),
    [],
  )
})

t.test('no function is longer than 80 lines', async (t) => {
  t.same(
    [...sources, ...listSources('simulator')].flatMap((file) => longFunctionsOf(file, 80)),
    [],
  )
})

t.test('no file is longer than 250 lines', async (t) => {
  const files = ['src', 'simulator'].flatMap(listSources)
  t.same(
    files.filter((file) => read(file).split('\n').length > 251),
    [],
  )
})

function listSources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`)
    .toSorted()
}

/** All that a file loads, with the way that leads there. */
function waysFrom(entry: string): Map<string, string[]> {
  const ways = new Map([[entry, [entry]]])
  for (const [file, way] of ways)
    for (const target of imports.get(file) ?? [])
      if (target.startsWith('src/') && !ways.has(target)) ways.set(target, [...way, target])
  return ways
}

function layerOf(file: string): number {
  return layers.findIndex((layer) =>
    layer.some((place) => file === place || (place.endsWith('/') && file.startsWith(place))),
  )
}

/** Targets of a file's imports: paths within the repository, or names of packages. */
function importsOf(file: string): string[] {
  const found = [...read(file).matchAll(/(?:^|\n)(?:import|export)\s[^'";]*?from\s+'([^']+)'|import\('([^']+)'\)/g)]
  return found.flatMap(([, target = '', dynamic]) => {
    const name = dynamic ?? target
    if (name.startsWith('.')) return normalize(join(dirname(file), name))
    return name
  })
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** Functions of a file with more lines than that, everything inside them included. */
function longFunctionsOf(file: string, most: number): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const lines = lineAt(node.end) - lineAt(node.getStart(source)) + 1
    if (ts.isFunctionLike(node) && lines > most)
      found.push(`${file}:${lineAt(node.getStart(source)) + 1}: ${lines} lines`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
