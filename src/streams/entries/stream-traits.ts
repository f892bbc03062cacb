import type { ApiVersion } from '../../airbyte/source-config.ts'
import type { CutListTraits } from './cut-lists.ts'

/** What is particular to a stream's search endpoint. */
export interface SearchTraits {
  /** Where a record tells how many children it has, and how many Intercom gives at most. */
  childCounter?: ChildCounter
  /** Up to API 2.16 the search compares dates by calendar day in the workspace's time zone; from 2.17 by second. */
  byCalendarDay: boolean
  /** Lists inside a record of which Intercom's search shows the first ten items only. */
  cutLists?: readonly CutListTraits[]
  /** A member that every record holds: a page with one that does not is asked for once more. */
  requiredMember?: string
}

/** A counter inside a record, and the child field that is cut short when it is exceeded. */
export interface ChildCounter {
  path: readonly [string, string]
  most: number
  field: string
}

/** A list that is read whole each time. */
export type FilteredTraits = ListTraits & {
  /** Where a record shows its children, as keys to a list. */
  shownChildren?: readonly [string, string]
  /** A search that shows what has changed, for syncs between two readings of the whole list. */
  changes?: ChangeSearch
  /** Records change without their cursor: all are remembered by their content, and those that differ are delivered. */
  byContent?: true
}

/** A search for the records of a list. It leaves some of them out, so the list has to be read whole from time to time. */
export interface ChangeSearch {
  path: string
  /** The API version that brought it. It is used only where answers name the version that was asked for. */
  since: ApiVersion
  /** The overlap of a sync by search with the next one, seconds. */
  overlapSeconds: number
}

/** A list in pages by number. */
export interface PageTraits {
  list: 'pages'
  pageSizes: readonly number[]
  /** What is new comes first, by the stream's cursor: reading ends where nothing is new any more. @defaultValue any order */
  newestFirst?: true
}

/**
 * How a list comes: `scroll` = page after page through a scroll, of which a workspace has one; `single` = one answer holds
 * all; `pages` = pages by number, each with a count of all records. It is read again, with the next of the page sizes,
 * until nothing is missing; `cursor` = pages by cursor, with only what has changed since a time, which the parameter
 * `since` takes in Unix seconds.
 */
type ListTraits = { list: 'scroll' | 'single' } | PageTraits | { list: 'cursor'; perPage: number; since: string }

/** A log that only grows, given newest first between two times, in pages by number. */
export interface PeriodTraits {
  /** The same as a POST with larger pages, and the API version that brought it. */
  search: { path: string; since: ApiVersion }
}

/** A log that only grows, given oldest first, page after page by a cursor of Intercom's. */
export interface LogTraits {
  perPage: number
}

/** How it becomes known that a record is deleted, beside Intercom's word when it is asked for by its id. */
export interface TombstoneTraits {
  /** The stream of what was deleted. @defaultValue there is no list of it */
  listedIn?: string
  /** The statuses, in that list, of records that are deleted. @defaultValue all records of the list are */
  statuses?: readonly string[]
  /** The version to ask for the list where the config pins none. @defaultValue that of all requests */
  listVersion?: ApiVersion
}

/** A request for the children of several parents: a POST, whose answer holds what belongs to any of them. */
export interface BatchTraits {
  /** The parent's member that is asked for. */
  by: string
  /** The member of the body that lists them. */
  as: string
  /** As many as Intercom takes. */
  most: number
}

/** A child stream: what is given of a parent that moved holds all the children of that parent. */
export interface ChildTraits {
  /** The stream whose walk finds the parents. */
  parent: string
  /** Member added to every child: the parent's Intercom id. */
  parentIdMember: string
  /** The parent's own record holds its children; else each parent takes a request. */
  inline?: true
  /** Where a parent's record counts or lists its children: for one that has none nothing is asked. */
  shown?: readonly [string, string]
  /** Where a parent's record lists its children with their ids. @defaultValue it does not */
  named?: readonly [string, string]
  /** What a request for children carries besides, with `{id}` in it. */
  query?: Readonly<Record<string, string>>
  /** Where the children are asked for is one record, or `null`, in place of a list. */
  isSingle?: true
  /** The children are those that a search finds by this field: only their ids are kept, as that member. */
  members?: { field: string; idAs: string }
  /** Children are asked for by a member of their parents, for so many parents at a time; one that has none has no children. */
  batch?: BatchTraits
  /** Where a parent's children are asked for that its record, against the rule, does not hold; with `{id}` in it. */
  ownPath?: string
  /** Where a parent's own answer counts its children and one thing more. */
  counter?: readonly [string, string]
  /** Most children that Intercom gives of one parent. There is no way to read the others. */
  mostChildren?: number
}
