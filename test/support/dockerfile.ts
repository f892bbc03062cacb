/** One instruction: its name, and the unchanged text after it, on one line. */
export interface Step {
  name: string
  text: string
}

/** Everything between one FROM and the next. */
export interface Stage {
  name: string
  /** Another stage, or an image from elsewhere. */
  base: string
  steps: Step[]
}

/** The settings in an image for a container engine, besides its files. */
export interface ImageSettings {
  user: string
  environment: Record<string, string>
  labels: Record<string, string>
  entrypoint: string[]
  command: string[]
  healthcheck: string[]
}

const known = ['ARG', 'COPY', 'RUN', 'WORKDIR', 'ENV', 'LABEL', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD']

/**
 * The stages of a Dockerfile in their order. Every one must have a name.
 *
 * @throws Error for an unknown instruction, which would otherwise be skipped
 */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
  for (const line of lines.filter((line) => line.trim() !== '')) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (name !== 'FROM') {
      if (!known.includes(name)) throw new Error(`not known: ${line}`)
      stages.at(-1)?.steps.push({ name, text: rest })
      continue
    }
    const [, base, stage] = /^(\S+) AS (\S+)$/.exec(rest) ?? []
    if (base === undefined || stage === undefined) throw new Error(`no stage: FROM ${rest}`)
    stages.push({ name: stage, base, steps: [] })
  }
  return stages
}

/** @throws Error when there is no such stage */
export function stageOf(stages: readonly Stage[], name: string): Stage {
  const stage = stages.find((candidate) => candidate.name === name)
  if (stage === undefined) throw new Error(`there is no stage "${name}"`)
  return stage
}

/** A stage after all the stages that it is built on. */
export function lineageOf(stages: readonly Stage[], name: string): Stage[] {
  const stage = stageOf(stages, name)
  const own = stages.some((candidate) => candidate.name === stage.base)
  return own ? [...lineageOf(stages, stage.base), stage] : [stage]
}

/**
 * The settings that a container engine would find in an image. Lists are in JSON, as they are when no shell is wanted.
 */
export function settingsOf(stages: readonly Stage[], name: string): ImageSettings {
  const steps = lineageOf(stages, name).flatMap((stage) => stage.steps)
  const last = (instruction: string) => steps.findLast((step) => step.name === instruction)?.text
  const list = (text = '[]') => JSON.parse(text) as string[]
  const pairs = (instruction: string) =>
    Object.fromEntries(steps.filter((step) => step.name === instruction).flatMap((step) => readPairs(step.text)))
  return {
    user: last('USER') ?? 'root',
    environment: pairs('ENV'),
    labels: pairs('LABEL'),
    entrypoint: list(last('ENTRYPOINT')),
    command: list(last('CMD')),
    healthcheck: list(last('HEALTHCHECK')?.replace(/^.*?CMD /, '')),
  }
}

/** `NAME=value NAME="a value"`. */
function readPairs(text: string): [string, string][] {
  return [...text.matchAll(/(\S+?)=(?:"([^"]*)"|(\S+))/g)].map(([, name = '', quoted, plain = '']) => [
    name,
    quoted ?? plain,
  ])
}
