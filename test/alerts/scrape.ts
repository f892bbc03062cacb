/** One figure of a scrape. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** What was scraped at a time, s since the epoch, of all instances. */
export interface Scrape {
  at: number
  samples: readonly Sample[]
}
