/** A piece of a list. */
export interface PageRequest {
  /** Items at most. */
  limit: number
  /** `next` of the page before. */
  cursor?: string
}

export interface Page<Item> {
  items: Item[]
  /** Where the list goes on; absent at its end. */
  next?: string
}
