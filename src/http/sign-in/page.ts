import { createHash } from 'node:crypto'

/** What a person reads who comes back from Intercom. */
export interface Page {
  status: number
  title: string
  /** Paragraphs. */
  texts: readonly string[]
  /** What is to be copied. */
  confirmationCode?: string
}

const style = [
  ':root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}',
  'body{max-width:34em;margin:12vh auto;padding:0 1em}',
  'h1{font-size:1.4em}',
  'code{font-size:1.6em;letter-spacing:.1em}',
].join('')

/** The policy of all answers, and this one style besides. */
export const pagePolicy = [
  "default-src 'none'",
  "frame-ancestors 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
].join('; ')

/** No script, as the policy demands; whatever somebody else has written is escaped. */
export function renderPage({ title, texts, confirmationCode }: Page): string {
  const paragraphs = texts.map((text) => `<p>${escapeHtml(text)}</p>`)
  const code =
    confirmationCode === undefined ? [] : [`<p><code id="confirmation-code">${escapeHtml(confirmationCode)}</code></p>`]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${[...code, ...paragraphs].join('\n')}
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
