import type { ReferenceForm, ReferenceList } from '../records/references/reference-list.ts'
import type { Answer } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { pageAnswer, readPage } from './page-numbers.ts'
import { listAnswer } from './record-list.ts'
import { wholeList } from './whole-list.ts'

/** Entries on a page, if nothing is asked, and at most. */
const sizes: Record<Exclude<ReferenceForm, 'whole'>, readonly [usual: number, most: number]> = {
  pages: [20, 250],
  cursor: [10, 50],
  flat: [50, 50],
}

const ordinaryHead = '"type":"list","data"'

/** The endpoint of a list of references. */
export function referenceAnswer(list: ReferenceList): (context: EndpointContext) => Answer {
  const { stream, path, head = ordinaryHead, form, textOf } = list
  if (form === 'whole' && textOf === undefined) return wholeList(stream, path, head)
  return (context) => {
    const { workspace, version, query } = context
    const { versions } = workspace.index(stream).sortedBy('id')
    const texts = versions.map((record) => record.textIn(version))
    if (form === 'whole')
      return listAnswer(
        head,
        texts.map((text) => memberText(text, textOf)),
      )
    const [usual, most] = sizes[form]
    const paging = readPage({ ...query, page: query.starting_after ?? query.page ?? '1' }, usual, most)
    if (form === 'pages') return pageAnswer(path, paging, texts, (text) => text)
    return pageOf(form, paging, texts)
  }
}

function pageOf(form: 'cursor' | 'flat', { page, perPage }: ReturnType<typeof readPage>, texts: readonly Buffer[]) {
  const total = Math.max(1, Math.ceil(texts.length / perPage))
  const place = { page, per_page: perPage, total_pages: total }
  const next = page < total ? { next: { page: page + 1, starting_after: String(page + 1) } } : {}
  const told = form === 'flat' ? place : { pages: { ...place, type: 'pages', ...next } }
  const rest = JSON.stringify({ ...told, total_count: texts.length })
  return listAnswer(ordinaryHead, texts.slice((page - 1) * perPage, page * perPage), `,${rest.slice(1, -1)}`)
}

/** The text of an entry's only member. */
function memberText(text: Buffer, name: string | undefined): Buffer {
  const entry = JSON.parse(text.toString()) as Record<string, unknown>
  return Buffer.from(JSON.stringify(entry[name ?? '']))
}
