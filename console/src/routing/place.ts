import { serviceRoot } from './service-root.ts'

/** What a page's address leads to. */
export type Place =
  | { page: 'overview' }
  | { page: 'setup' }
  | { page: 'connections' }
  | { page: 'connection'; connectionId: string }
  | { page: 'job'; jobId: number }
  /** With the id of a record of the parent stream only what belongs to that. */
  | { page: 'records'; jobId: number; stream: string; parentId?: string }
  | { page: 'unknown' }

/** Of sources. The service refuses others: an address with one leads nowhere. */
const namePattern = /^[A-Za-z0-9_-]{1,64}$/

/** @param pathname of the browser's address */
export function readPlace(pathname: string): Place {
  if (!pathname.startsWith(serviceRoot.pathname)) return { page: 'overview' }
  const parts = pathname.slice(serviceRoot.pathname.length).split('/').map(decode)
  const [first = '', second, third, fourth, fifth, sixth] = parts
  if (parts.length === 1 && first === '') return { page: 'overview' }
  if (parts.length === 1 && (first === 'setup' || first === 'connections')) return { page: first }
  if (parts.length === 2 && first === 'connections' && namePattern.test(second ?? ''))
    return { page: 'connection', connectionId: second ?? '' }
  const jobId = /^\d{1,15}$/.test(second ?? '') ? Number(second) : 0
  if (first !== 'jobs' || jobId === 0) return { page: 'unknown' }
  if (parts.length === 2) return { page: 'job', jobId }
  if (third !== 'records' || !fourth) return { page: 'unknown' }
  if (parts.length === 4) return { page: 'records', jobId, stream: fourth }
  return parts.length === 6 && fifth === 'of' && sixth
    ? { page: 'records', jobId, stream: fourth, parentId: sixth }
    : { page: 'unknown' }
}

/** The address of a place, below the root of the service. */
export function pathOf(place: Place): string {
  if (place.page === 'connection') return `connections/${encodeURIComponent(place.connectionId)}`
  if (place.page === 'job') return `jobs/${place.jobId}`
  if (place.page === 'records') {
    const { jobId, stream, parentId } = place
    const ofParent = parentId === undefined ? '' : `/of/${encodeURIComponent(parentId)}`
    return `jobs/${jobId}/records/${encodeURIComponent(stream)}${ofParent}`
  }
  return place.page === 'overview' || place.page === 'unknown' ? '' : place.page
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
