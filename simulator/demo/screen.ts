import { styleText } from 'node:util'

/** Where the demo writes, and which decorations it may use. */
export interface Screen {
  /** Writes lines of text, each with its "\n". */
  say(...lines: string[]): void
  /** Writes a line to stderr; during a hold, only once the hold is over. */
  note(line: string): void
  /** Holds notes back, so that nothing is written across the bars, until the returned function is called. */
  hold(): () => void
  output: NodeJS.WriteStream
  /** Rows that can be redrawn; 0 when redrawing is impossible. */
  rows: number
  /** The text in colour; unchanged when colour is not wanted. */
  paint(style: Style, text: string): string
  /** The characters for the finished and the open part of a bar. */
  bar: { done: string; open: string }
}

export type Style = 'bold' | 'dim' | 'green' | 'red'

/** The screen of a process. From its environment it reads `NO_COLOR`, `TERM` and the locale. */
export function createScreen(process: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env'>): Screen {
  const { stdout: output, stderr, env: environment } = process
  let held: string[] | undefined
  const note = (line: string): void => {
    if (held) held.push(line)
    else stderr.write(`${line}\n`)
  }
  const canMove = output.isTTY === true && environment.TERM !== 'dumb'
  const isColoured = canMove && !environment.NO_COLOR
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || ''
  const isUnicode = /utf-?8/i.test(locale)
  return {
    say: (...lines) => void output.write(lines.map((line) => `${line}\n`).join('')),
    note,
    hold() {
      held ??= []
      return () => {
        const lines = held ?? []
        held = undefined
        lines.forEach(note)
      }
    },
    output,
    rows: canMove ? (output.rows ?? 0) : 0,
    paint: (style, text) => (isColoured ? styleText(style, text) : text),
    bar: isUnicode ? { done: '█', open: '░' } : { done: '#', open: '.' },
  }
}

/** `12,345` */
export const formatCount = (count: number): string => count.toLocaleString('en-US')

/** `9.8 s` */
export const formatSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** `25 contacts`, `1 contact`; words that end in y get -ies. */
export function formatNoun(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}
