/** What a person reads who comes back from Intercom. */
export interface SignInPage {
  status: number
  title: string
  /** Paragraphs. */
  texts: readonly string[]
  /** What is to be copied. */
  confirmationCode?: string
}

/** No script and no style, as the policy of all answers demands; whatever somebody else has written is escaped. */
export function renderPage({ title, texts, confirmationCode }: SignInPage): string {
  const paragraphs = texts.map((text) => `<p>${escapeHtml(text)}</p>`)
  const code =
    confirmationCode === undefined ? [] : [`<p><code id="confirmation-code">${escapeHtml(confirmationCode)}</code></p>`]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
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
