/**
 * An address whose escapes cannot be decoded is refused before any route is looked for, with a problem document. A
 * person gets the page instead, which says that the address leads nowhere: for browsers the escapes are taken literally.
 *
 * @returns the address that is routed
 */
export function readableAddress(url: string, method: string | undefined, accept = ''): string {
  if (method !== 'GET' || isDecodable(url)) return url
  // Browsers name it; clients that take anything do not.
  return accept.includes('text/html') ? url.replaceAll('%', '%25') : url
}

function isDecodable(url: string): boolean {
  if (!url.includes('%')) return true
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}
