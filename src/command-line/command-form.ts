import type { VariableName } from './variables.ts'

/** What may stand on the line of a command, and what its help says about it. */
export interface CommandForm {
  /** What it does, in words that follow its name. */
  summary: string
  /** Names of what stands there without a flag; all of it is needed, in this order. */
  operands?: readonly string[]
  options?: Readonly<Record<string, OptionForm>>
  /** Options that the overview shows, beside those that are needed. */
  shown?: readonly string[]
  /** Sentences at the end of its help. */
  notes?: readonly string[]
  /** A line to copy, without the program's name. */
  example: string
  /** Environment variables that it reads. */
  variables?: readonly VariableName[]
}

export interface OptionForm {
  /** What stands for its value in the help, e.g. `FILE`. Absent: it is a switch. */
  value?: string
  summary: string
  /** @defaultValue false */
  isRequired?: boolean
  /** May be given more than once. @defaultValue false */
  isList?: boolean
}
