/**
 * Where a figure comes from: `counted` = Intercom counts, or the records themselves have been looked at; `guessed` = from a
 * sample of records; `unknown` = there is nothing to go by.
 */
export const bases = ['counted', 'guessed', 'unknown'] as const
export type Basis = (typeof bases)[number]

/** A number of rows or of requests. */
export interface Figure {
  /** 0 when it is unknown. */
  count: number
  basis: Basis
}

/** What a sync will read of one stream. */
export interface StreamFigures {
  streamName: string
  rows: Figure
  requests: Figure
  /** What the figures leave out or take for granted, for people. */
  notes: string[]
}

export const unknownFigure: Figure = { count: 0, basis: 'unknown' }

export const nothing: Figure = { count: 0, basis: 'counted' }

export function counted(count: number): Figure {
  return { count, basis: 'counted' }
}

export function guessed(count: number): Figure {
  return { count: Math.round(count), basis: 'guessed' }
}

/** All of them together: no surer than the least sure of them. */
export function sumOf(figures: readonly Figure[]): Figure {
  const count = figures.reduce((sum, figure) => sum + figure.count, 0)
  const worst = Math.max(0, ...figures.map(({ basis }) => bases.indexOf(basis)))
  return { count, basis: bases[worst] ?? 'unknown' }
}
