import { styleText } from 'node:util'

/** Where a display draws, and which decorations it may use. */
export interface Screen {
  /** Writes lines of text, each with its "\n". */
  say(...lines: string[]): void
  /** Writes a line for somebody who watches. */
  note(line: string): void
  /** Has notes written by somebody else, who keeps bars below them, until the returned function is called. */
  divert(write: (line: string) => void): () => void
  output: NodeJS.WriteStream
  /** Rows that can be redrawn; 0 when redrawing is impossible. */
  rows: number
  /** The text in colour; unchanged when colour is not wanted. */
  paint(style: Style, text: string): string
  /** The characters for the finished and the open part of a bar. */
  bar: { done: string; open: string }
}

type Style = 'bold' | 'dim' | 'green' | 'red'

interface ScreenParts {
  output: NodeJS.WriteStream
  /** Where notes go. */
  notes: { write(text: string): unknown }
  /** `NO_COLOR`, `TERM` and the locale are read. */
  environment: Record<string, string | undefined>
}

export function createScreen({ output, notes, environment }: ScreenParts): Screen {
  const writeNote = (line: string): void => void notes.write(`${line}\n`)
  let write = writeNote
  const canMove = output.isTTY === true && environment.TERM !== 'dumb'
  const isColoured = canMove && !environment.NO_COLOR
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || ''
  const isUnicode = /utf-?8/i.test(locale)
  return {
    say: (...lines) => void output.write(lines.map((line) => `${line}\n`).join('')),
    note: (line) => write(line),
    divert(other) {
      write = other
      return () => {
        write = writeNote
      }
    },
    output,
    rows: canMove ? (output.rows ?? 0) : 0,
    paint: (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text),
    bar: isUnicode ? { done: '█', open: '░' } : { done: '#', open: '.' },
  }
}
