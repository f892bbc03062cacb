import type { RecordDefinition, RecordPlan, RecordSetting } from '../record-definition.ts'

/** How a list comes: `pages`, `cursor`, and `flat` say in three ways which of how many pages an answer is. */
export type ReferenceForm = 'whole' | 'pages' | 'cursor' | 'flat'

/** A list of things that records of other streams name by their ids, as data. */
export interface ReferenceList {
  stream: string
  path: string
  /** The scope that a token needs. */
  scope: string
  /** The first version that has it. @defaultValue all have it */
  since?: string
  /** The members before the records, as JSON text. @defaultValue `"type":"list","data"` */
  head?: string
  form: ReferenceForm
  /** Entries that every workspace has. @defaultValue none */
  builtIn?: number
  /** What tells the entries apart. */
  idOf: (index: number) => string
  /** The members of an entry. */
  members: (entry: ReferenceEntry) => Record<string, unknown>
  /** The versions that changed the members, ascending. @defaultValue none */
  shapes?: readonly string[]
  /** The list holds this member's text in place of each entry. */
  textOf?: string
}

/** What the members of an entry are made of. */
export interface ReferenceEntry extends Pick<RecordPlan, 'index' | 'id' | 'revision'> {
  /** With the revision in it. */
  name: string
  /** Unix seconds. */
  times: { created_at: number; updated_at: number }
  setting: RecordSetting
  version: string
}

const names = ['Standard', 'Größe &amp; more', '請求 "A"', 'Échéance'] as const

const planOf = (list: ReferenceList, index: number): RecordPlan => ({
  index,
  id: list.idOf(index),
  createdAt: 0,
  updatedAt: null,
  revision: 0,
})

/** How the entries of a list are made: they have no time by which a sync could ask for them. */
export function referenceDefinition(list: ReferenceList): RecordDefinition {
  return {
    stream: list.stream,
    plan: (index) => planOf(list, index),
    planCreated: (index) => planOf(list, index),
    render: ({ index, id, revision }, setting, version) => {
      const name = `${names[index % names.length]} ${index}`
      const created = setting.span.from + index
      const entry = {
        index,
        id,
        revision,
        name: revision === 0 ? name : `${name} r${revision}`,
        times: { created_at: created, updated_at: created + revision },
        setting,
        version,
      }
      return JSON.stringify(list.members(entry))
    },
    ...(list.shapes && { shapes: list.shapes }),
    dated: false,
  }
}
