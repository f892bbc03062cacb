import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { readEvidence, type Verdict, writeEvidence } from './evidence.ts'
import { type Mutant, mutants } from './mutants.ts'

/** Longest that one test file may take; a mutant that makes the product hang is caught by that. */
const TEST_LIMIT_MS = 360_000
const AT_ONCE = 2

const root = process.cwd()

/**
 * Breaks the product on purpose, one line at a time, and sees whether the tests tell. Each mutant runs in a copy of the
 * compiled tree. With `--evidence` the result is written to docs/evidence/mutants.md; `--new` leaves out what that page
 * tells already.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      evidence: { type: 'boolean', default: false },
      new: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      file: { type: 'string', default: '' },
    },
  })
  const earlier = await readEvidence()
  const chosen = mutants.filter(
    ({ rule, file }) => rule.includes(values.only) && file.includes(values.file) && !(values.new && earlier.has(rule)),
  )
  const started = performance.now()
  const waiting = [...chosen.entries()]
  const controls = [...new Set(chosen.flatMap(({ tests }) => tests))]
  const verdicts: Verdict[] = []
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const tree = await copyTree()
      for (let test = controls.shift(); test; test = controls.shift())
        if (!(await passes(test, tree))) throw new Error(`${test} fails without any mutant`)
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [index, mutant] = next
        const verdict = await judge(mutant, tree)
        verdicts[index] = verdict
        process.stdout.write(`${verdict.caughtBy ? 'caught  ' : 'SURVIVED'}  ${mutant.rule}\n`)
      }
      await rm(tree, { recursive: true, force: true })
    }),
  )
  const survivors = verdicts.filter(({ caughtBy }) => caughtBy === undefined)
  const minutes = (performance.now() - started) / 60_000
  process.stdout.write(`${verdicts.length - survivors.length} of ${verdicts.length} mutants caught\n`)
  if (values.evidence) await writeEvidence(earlier, verdicts, minutes)
  process.exitCode = survivors.length === 0 ? 0 : 1
}

/** Everything that tests read, the compiled code as a copy, without the bundles, which hold no mutant. */
async function copyTree(): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'intercom-sync-mutants-'))
  const isBundle = (path: string) => path === join(root, 'dist', 'bundle')
  await cp(join(root, 'dist'), join(tree, 'dist'), { recursive: true, filter: (path) => !isBundle(path) })
  // A script loads the compiled code beside it.
  await cp(join(root, 'scripts'), join(tree, 'scripts'), { recursive: true })
  for (const name of ['node_modules', 'package.json', 'schemas', 'docs', 'bin', 'README.md', 'openapi.yaml'])
    await symlink(join(root, name), join(tree, name))
  return tree
}

async function judge(mutant: Mutant, tree: string): Promise<Verdict> {
  const source = await readFile(join(root, 'src', mutant.file), 'utf8')
  if (source.split(mutant.find).length !== 2)
    throw new Error(`src/${mutant.file} does not hold exactly once: ${mutant.find}`)
  const compiled = join(tree, 'dist', 'src', mutant.file.replace(/\.ts$/, '.js'))
  const original = await readFile(compiled, 'utf8')
  await writeFile(compiled, await compile(source.replace(mutant.find, () => mutant.replace)))
  try {
    for (const test of mutant.tests) if (!(await passes(test, tree))) return { mutant, caughtBy: test }
    return { mutant, caughtBy: undefined }
  } finally {
    await writeFile(compiled, original)
  }
}

async function compile(source: string): Promise<string> {
  const { compilerOptions } = JSON.parse(await readFile(join(root, 'tsconfig.json'), 'utf8'))
  const options = {
    ...compilerOptions,
    target: ts.ScriptTarget.ES2023,
    // A text without a file is CommonJS to NodeNext, and fails as soon as it is loaded.
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: [],
    sourceMap: false,
  }
  return ts.transpileModule(source, { compilerOptions: options }).outputText
}

async function passes(test: string, tree: string): Promise<boolean> {
  const child = spawn(process.execPath, [join('dist', 'test', `${test}.test.js`)], {
    cwd: tree,
    stdio: 'ignore',
    env: { ...process.env, TAP_BAIL: '1', TAP_TIMEOUT: '350' },
    timeout: TEST_LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

await main()
