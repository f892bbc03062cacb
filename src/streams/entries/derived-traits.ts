/** How the rows of a stream are cut out of the records of others, when those records are delivered. */
export interface DerivedTraits {
  /** The streams whose records hold the rows. Several are snapshots, which one walk reads. */
  from: readonly [string, ...string[]]
  /** The lists of a record that hold the rows. */
  lists: readonly DerivedList[]
  /** Member added to every row: the record's Intercom id. @defaultValue none */
  parentKey?: string
  /** Members of the record that are added to every row, as they stand there. @defaultValue none */
  copied?: readonly string[]
  /** Rows have no id of their own: their place in their list, from 0, is added as `position`. */
  byPosition?: true
  /** The member that an item becomes which is a plain value. @defaultValue only objects are rows */
  valueMember?: string
}

/** A list inside a record. */
export interface DerivedList {
  /** Keys from the record to the list. */
  path: readonly [string, ...string[]]
  /** A member that is added to the rows of this list. @defaultValue none */
  added?: { name: string; value: string }
}
