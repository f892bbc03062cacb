/** The JSON pointer (RFC 6901) of a member of what `pointer` leads to. */
export function appendPointer(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
