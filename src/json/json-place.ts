const space = /[ \t\n\r]*/y
const token =
  /[{}[\],:]|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end'

/**
 * Where a text stops being JSON, as people count: `line 3, column 5`. The engine's own message quotes the text around
 * the fault, which may be a token, so we cannot use it.
 *
 * @param linesBefore lines before the text, where it is a part of a file
 */
export function placeOfFault(text: string, linesBefore = 0): string {
  const lines = text.slice(0, offsetOfFault(text)).split('\n')
  return `line ${linesBefore + lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}

function offsetOfFault(text: string): number {
  const closers: string[] = []
  let expected: Expected | undefined = 'value'
  let at = 0
  for (;;) {
    at = endOfMatch(space, text, at) ?? at
    const word = text.slice(at, endOfMatch(token, text, at) ?? at)
    expected = follow(expected, word, closers)
    if (expected === undefined) return at
    at += word.length
  }
}

/** What may follow a word; undefined when the word itself is not allowed there. `closers` ends what is open. */
function follow(expected: Expected, word: string, closers: string[]): Expected | undefined {
  if (word === '') return undefined
  const mayEnd = expected !== 'value' && expected !== 'name' && expected !== 'colon'
  if (mayEnd && word === closers.at(-1)) {
    closers.pop()
    return 'comma or end'
  }
  switch (expected) {
    case 'value':
    case 'value or end':
      return followValue(word, closers)
    case 'name':
    case 'name or end':
      return word.startsWith('"') ? 'colon' : undefined
    case 'colon':
      return word === ':' ? 'value' : undefined
    case 'comma or end':
      if (word !== ',' || closers.length === 0) return undefined
      return closers.at(-1) === '}' ? 'name' : 'value'
  }
}

function followValue(word: string, closers: string[]): Expected | undefined {
  if (word === '{' || word === '[') {
    closers.push(word === '{' ? '}' : ']')
    return word === '{' ? 'name or end' : 'value or end'
  }
  return word === '}' || word === ']' || word === ',' || word === ':' ? undefined : 'comma or end'
}

/** Where the text that a pattern finds at a place ends: `exec` would make an object for each of a million tokens. */
function endOfMatch(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}
