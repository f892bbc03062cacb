/** What to do about an error; undefined for a code that the page of all errors does not have. */
export type FixOf = (code: string) => string | undefined

/** Where people read about all errors. */
export const errorsPage = 'https://github.com/intercom-sync/intercom-sync/blob/main/docs/errors.md'

/** The column *What to do* of docs/errors.md. The page is loaded when the first error is shown. */
export async function loadFixes(): Promise<FixOf> {
  // The page does without it where the service cannot answer: it is about errors, after all.
  const { default: text } = await import('../../../docs/errors.md?raw').catch(() => ({ default: '' }))
  return (code) => {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${code}\` `))
    return row === undefined ? undefined : plain(row.split(/(?<!\\)\|/).at(-2) ?? '')
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
