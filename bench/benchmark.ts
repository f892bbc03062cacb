import type { Teardown } from '../test/support/processes.ts'

/** What was measured, by name; undefined where it cannot be said, such as the use of whole windows in a run of one. */
export type Figures = Readonly<Record<string, number | undefined>>

/** The figures of each thing that a round has measured: the connector, the naive loop, the worker. */
export type Round = Readonly<Record<string, Figures>>

/** One situation. What is compared with each other is measured in the same round. */
export interface Cell {
  name: string
  /** How often it is measured; what counts are the medians. @defaultValue 1 */
  rounds?: number
  /** About how long all its rounds take on two idle cores, with what is started before them. */
  seconds: number
  /**
   * Share of a core that its processes take together while they wait for Intercom's limit or for its answers. Such cells
   * run side by side, as long as they take one core in all. @defaultValue it has the machine for itself
   */
  load?: number
  /** Starts what all rounds share, until `t` ends it. The function that it gives measures one round. */
  open(t: Teardown): Promise<() => Promise<Round>>
}

/** How a figure is shown. */
interface Shown {
  figure: string
  /** What it is multiplied by: 100 for a share in per cent. @defaultValue 1 */
  factor?: number
  /** Digits after the point. */
  digits: number
}

/** One column of a table. */
export interface Column extends Shown {
  heading: string
}

/** Bars, one for each row that has the figure. */
export interface Plot extends Shown {
  /** Of its file. */
  name: string
  title: string
  /** Which rows, by their cell and subject: `contacts naive`. */
  rows: RegExp
  /** A line across: what is to be reached, or not to be passed. It is drawn where the shown figures are. */
  line?: { at: number; label: string }
}

/** What the product must hold: the worst of the rows counts. */
export interface Goal {
  text: string
  rows: RegExp
  figure: string
  atLeast?: number
  atMost?: number
  /** What counts is the figure by that of the same subject in this cell. */
  over?: string
}

/** One figure as the README says it. */
export interface Headline extends Shown {
  /** The row, by its cell and subject. */
  row: string
  /** With `{}` in the place of the figure. */
  text: string
}

/** A command of `npm run bench`. */
export interface Benchmark {
  name: string
  title: string
  /** What is measured and how, in sentences for people who read the figures. */
  about: readonly string[]
  columns: readonly Column[]
  plots: readonly Plot[]
  goals: readonly Goal[]
  headlines: readonly Headline[]
  /** @param amount how many of what would be so many in a run of the usual size */
  cells(amount: (usual: number) => number): readonly Cell[]
}
