/** Everything that the renderers of all streams need to know about the workspace. */
export interface RecordSetting {
  seed: number
  workspaceId: string
  /** Unix seconds: `updated_at` of the records at the start is in [from, to). */
  span: { from: number; to: number }
  /** How many tags the workspace has at the start. */
  tagCount: number
  contactCount: number
  adminCount: number
  teamCount: number
  segmentCount: number
  companyCount: number
  /** How many notes a company has at most; its record lists them then. */
  mostCompanyNotes: number
  /** How many parts an ordinary conversation has at the start, [from, to). */
  partsPerConversation: { from: number; to: number }
  /** How many characters of prose each part has. */
  proseLength: number
  /** How many conversations have 500 parts or more. */
  longConversations: number
  longTickets: number
  ticketsBehindTheirParts: number
  /** Whether records with hostile texts are added. */
  oddities: boolean
  /** How long the lists of the first contacts are, by the list's name. */
  listLengths: Readonly<Record<string, readonly number[]>>
  /** Which share of the other lists is longer than what a contact shows of it. */
  longLists: number
  /** How many removed tags each contact's list of tags still counts. */
  removedTags: number
  /** Whether records hold rows of every kind. */
  rowsInside: boolean
}

/** Identifies one state of one record; its text follows from it. Times are Unix seconds. */
export interface RecordPlan {
  /** Place in the order of creation, from 0. */
  index: number
  id: string
  createdAt: number
  /** `null` for records without a time. */
  updatedAt: number | null
  /** 0 at first, one more with every change. */
  revision: number
  /** For conversations: how many parts there are now. */
  partCount?: number
  /** For conversations: how many parts they began with, and when the last of them was written. */
  firstParts?: { count: number; until: number }
  /** For companies: the ids of their segments. */
  segments?: readonly string[]
  /** For companies: when one of its people last came, Unix seconds, if that has changed since the start. */
  lastRequestAt?: number
}

/** How the records of one stream are made: one entry per stream in the table of the workspace. */
export interface RecordDefinition<Plan extends RecordPlan = RecordPlan> {
  stream: string
  /** Id and times of the index-th record at the start. */
  plan(index: number, setting: RecordSetting): Plan
  /** Id and times of a record that is created at `now` (Unix seconds). */
  planCreated(index: number, now: number, setting: RecordSetting): Plan
  /**
   * The text that Intercom serves, one JSON object without line breaks. The same plan and version give the same bytes.
   */
  render(plan: Plan, setting: RecordSetting, version: string): string
  /** Whether a change sets `updated_at`, if the record has one. */
  dated: boolean
  /** The versions that changed the text, ascending. @defaultValue none: one text for all versions */
  shapes?: readonly string[]
  /** Whether lists and searches show the record. @defaultValue all are shown */
  isListed?(plan: Plan): boolean
  /** The text of the member that is given only on request. */
  renderExtra?(plan: Plan, setting: RecordSetting): string
  /** Records that only some requests show: a sync may deliver them or not. @defaultValue none */
  isOptional?(plan: Plan): boolean
}
