/** A piece of a list. */
export interface ListPageRequest {
  /** The largest number of items. */
  limit: number
  /** `next` of the page before. */
  cursor?: string
}

export interface ListPage<Item> {
  items: Item[]
  /** Where the list continues; absent at its end. */
  next?: string
}
