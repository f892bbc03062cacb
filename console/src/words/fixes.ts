/** When an error occurs, and what to do about it. */
export interface Fix {
  when: string
  fix: string
}

/** @returns undefined for a code that the page of all errors does not have */
export type FixOf = (code: string) => Fix | undefined

/** Where people read about all errors. */
export const errorsPage = 'https://github.com/intercom-sync/intercom-sync/blob/main/docs/errors.md'

/** The columns *When* and *What to do* of docs/errors.md. The page is loaded when the first error is shown. */
export async function loadFixes(): Promise<FixOf> {
  // The page does without it where the service cannot answer: it is about errors, after all.
  const { default: text } = await import('../../../docs/errors.md?raw').catch(() => ({ default: '' }))
  return (code) => {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${code}\` `))
    const [when = '', fix = ''] =
      row
        ?.split(/(?<!\\)\|/)
        .slice(-3, -1)
        .map(plain) ?? []
    return row === undefined ? undefined : { when, fix }
  }
}

/** Without the marks of Markdown. */
function plain(cell: string): string {
  return cell
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replaceAll('\\|', '|')
    .trim()
}
