/** What the renderers of all streams need to know about the workspace. */
export interface RecordSetting {
  seed: number
  workspaceId: string
  /** Unix seconds: `updated_at` of the records there are at the start lies in [from, to). */
  span: { from: number; to: number }
  /** How many tags the workspace has at the start. */
  tagCount: number
  /** Whether contacts and tags with hostile texts are added. */
  oddities: boolean
}

/** What identifies one state of one record; its text follows from it. Times are Unix seconds. */
export interface RecordPlan {
  /** Place in the order of creation, from 0. */
  index: number
  id: string
  createdAt: number
  /** `null` for records without any time. */
  updatedAt: number | null
  /** 0 at first, one more with every change. */
  revision: number
}

/** How the records of one stream come to be: one entry per stream in the table of the workspace. */
export interface RecordDefinition {
  stream: string
  /** Id and times of the index-th record of the start. */
  plan(index: number, setting: RecordSetting): RecordPlan
  /** Id and times of a record that is created at `now` (Unix seconds). */
  planCreated(index: number, now: number, setting: RecordSetting): RecordPlan
  /** The text Intercom serves, one JSON object without line breaks. The same plan gives the same bytes. */
  render(plan: RecordPlan, setting: RecordSetting): string
  /** Whether a change sets `updated_at`. */
  dated: boolean
}
