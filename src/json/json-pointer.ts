/** The JSON pointer (RFC 6901) of a member of what `pointer` leads to. */
export function appendPointer(pointer: string, name: string): string {
  const text = /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name
  return `${pointer}/${text}`
}
