/** A piece of a list. */
export interface PageRequest {
  /** The largest number of items. */
  limit: number
  /** `next` of the page before. */
  cursor?: string
}

export interface Page<Item> {
  items: Item[]
  /** Where the list continues; absent at its end. */
  next?: string
}
