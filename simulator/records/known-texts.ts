import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

/** What has been made of one state of one record: it follows from plan and setting. */
export interface KnownTexts {
  /** By the version that gave the text its shape. */
  texts: Map<string, Buffer>
  /** By the name of what was computed. */
  digests: Map<string, string>
}

/** What is remembered of one stream, by the plan of the record. */
type KnownStream = Map<string, KnownTexts>
type KnownSetting = WeakMap<object, KnownStream>

const settingsKept = 8
const recordsKept = 2000

const settings = new Map<string, KnownSetting>()
const names = new WeakMap<RecordSetting, string>()

/**
 * A process that makes one workspace after the other with the same setting makes each text once: tests do. Of large
 * streams only the first records are remembered.
 */
export function knownTexts<Plan extends RecordPlan>(
  definition: Pick<RecordDefinition<Plan>, 'stream'>,
  setting: RecordSetting,
  plan: Plan,
): KnownTexts {
  const known = streamOf(definition, setting)
  const name = JSON.stringify(plan)
  let texts = known.get(name)
  if (texts !== undefined) return texts
  texts = { texts: new Map(), digests: new Map() }
  if (known.size < recordsKept) known.set(name, texts)
  return texts
}

function streamOf(definition: object, setting: RecordSetting): KnownStream {
  const streams = streamsOf(setting)
  let known = streams.get(definition)
  if (known === undefined) {
    known = new Map()
    streams.set(definition, known)
  }
  return known
}

/** The setting that was used last is the last to be forgotten. */
function streamsOf(setting: RecordSetting): KnownSetting {
  const name = names.get(setting) ?? JSON.stringify(setting)
  names.set(setting, name)
  const known: KnownSetting = settings.get(name) ?? new WeakMap()
  settings.delete(name)
  settings.set(name, known)
  const [oldest] = settings.keys()
  if (settings.size > settingsKept && oldest !== undefined) settings.delete(oldest)
  return known
}
