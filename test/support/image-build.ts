import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, copyFile, cp, mkdir, mkdtemp, readFile, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { lineageOf, type Stage, type Step } from './dockerfile.ts'
import type { Teardown } from './processes.ts'

/** The user of the images. Only root can run a process as another user. */
export const imageUser = process.getuid?.() === 0 ? 1000 : undefined

/** Root folders of stages, without the files of their base image except Node. */
export interface Build {
  /** Folder with `node`, readable by everybody. */
  programs: string
  /** The root folder of a stage; built when first requested. Nobody can write in it, except in /data. */
  rootOf(stage: string): Promise<string>
}

type Command = (stageRoot: string, folder: string) => Promise<unknown>

const run = promisify(execFile)

/** The folder that this file was compiled into. */
const compiled = fileURLToPath(new URL('../../', import.meta.url))

/** Replaces each RUN: makes the files that it would leave, without network and compiler. */
const commands: Record<string, Command> = {
  'npm ci': async () => undefined,
  'npm ci --omit=dev': (_root, folder) => copyRunTimePackages(folder),
  // No build argument is given here.
  '[ -z "$DOCS_URL" ] || npm pkg set "homepage=$DOCS_URL"': async () => undefined,
  'npx tsc': async (_root, folder) => {
    for (const name of ['src', 'simulator'])
      await cp(join(compiled, name), join(folder, 'dist', name), { recursive: true })
  },
  'mkdir /data && chown 1000:1000 /data': async (root) => {
    await mkdir(join(root, 'data'))
    if (imageUser !== undefined) await chown(join(root, 'data'), imageUser, imageUser)
  },
  // The base image has these users already.
  'groupmod --new-name airbyte node && usermod --login airbyte --home /airbyte --move-home node': async () => undefined,
}

/**
 * Follows a Dockerfile, in folders: COPY from the files that .dockerignore lets through, WORKDIR, and the RUNs above.
 *
 * @throws Error for a COPY or RUN that could not be done
 */
export async function prepareBuild(t: Teardown, stages: readonly Stage[], context: readonly string[]): Promise<Build> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'intercom-sync-images-')))
  t.teardown(async () => {
    await run('chmod', ['-R', 'u+w', folder])
    await run('rm', ['-rf', folder])
  })
  const programs = join(folder, 'programs')
  await mkdir(programs)
  await copyFile(process.execPath, join(programs, 'node'))
  await run('chmod', ['755', folder])
  const built = new Map<string, Promise<string>>()

  const build = async (name: string): Promise<string> => {
    const root = join(folder, name)
    const stage = lineageOf(stages, name).at(-1)
    const base = lineageOf(stages, name).at(-2)
    await (base ? link(await rootOf(base.name), root) : mkdir(root))
    let workDir = workDirOf(base && lineageOf(stages, base.name))
    for (const { name: instruction, text } of stage?.steps ?? []) {
      if (instruction === 'WORKDIR') {
        workDir = text
        await mkdir(join(root, workDir), { recursive: true })
      } else if (instruction === 'COPY') await copy(text, root, workDir)
      else if (instruction === 'RUN') await commandOf(text)(root, join(root, workDir))
    }
    await run('chmod', ['-R', 'a-w,a+rX', root])
    await run('chmod', ['-Rf', 'u+w', join(root, 'data')]).catch(() => undefined)
    return root
  }

  const rootOf = (name: string): Promise<string> => {
    const root = built.get(name) ?? build(name)
    built.set(name, root)
    return root
  }

  const copy = async (text: string, root: string, workDir: string): Promise<void> => {
    const words = text.split(' ')
    const from = /^--from=(.*)$/.exec(words[0] ?? '')?.[1]
    const sources = words.slice(from === undefined ? 0 : 1, -1)
    const target = words.at(-1) ?? ''
    for (const source of sources) {
      if (from === undefined && !context.includes(source)) throw new Error(`.dockerignore holds back ${source}`)
      const origin = from === undefined ? join(process.cwd(), source) : join(await rootOf(from), source)
      const place = target.endsWith('/') ? join(target, basename(source)) : target
      await mkdir(dirname(join(root, workDir, place)), { recursive: true })
      await (from === undefined
        ? cp(origin, join(root, workDir, place), { recursive: true })
        : link(origin, join(root, workDir, place)))
    }
  }

  return { programs, rootOf }
}

/** Copies a tree fast: new folders, which can be written to, with the same files. */
async function link(origin: string, place: string): Promise<void> {
  await run('cp', ['-al', origin, place])
  await run('find', [place, '-type', 'd', '-exec', 'chmod', 'u+w', '{}', '+'])
}

function workDirOf(lineage: readonly Stage[] = []): string {
  const isWorkDir = (step: Step) => step.name === 'WORKDIR'
  return lineage.flatMap((stage) => stage.steps).findLast(isWorkDir)?.text ?? '/'
}

function commandOf(text: string): Command {
  const command = commands[text]
  if (command === undefined) throw new Error(`RUN ${text}: the tests do not know what stands in for it`)
  return command
}

/**
 * The packages that `npm ci --omit=dev` would leave, taken from those installed. A package includes those inside it.
 */
async function copyRunTimePackages(folder: string): Promise<void> {
  const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>
  }
  const needed = Object.entries(packages)
    .filter(([path, { dev }]) => !dev && path.lastIndexOf('node_modules/') === 0)
    // Optional packages for other platforms are not installed.
    .filter(([path, { optional }]) => !optional || existsSync(path))
    .map(([path]) => path)
  for (const place of new Set(needed.map((path) => dirname(path)))) {
    await mkdir(join(folder, place), { recursive: true })
    await run('cp', ['-a', ...needed.filter((path) => dirname(path) === place), join(folder, place)])
  }
}
