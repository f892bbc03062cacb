import { useState } from 'preact/hooks'
import type { RecordPage } from '../api/types.ts'
import { ScrollBox } from '../elements/scroll-box.tsx'
import { previewData } from '../job/log/row-preview.ts'
import { Link } from '../routing/navigation.tsx'
import { printExactly } from './exact-json.ts'

const mostColumns = 6

/** How Intercom writes some characters in texts. */
const escaped = /&(?:#39|amp|lt|gt|quot);/

interface RecordTableProps {
  jobId: number
  records: RecordPage['data']
  /** The streams whose rows belong to these. */
  children: readonly string[]
}

/** One row to a line; a click shows all of it as JSON, and leads to what belongs to it. */
export function RecordTable({ jobId, records, children }: RecordTableProps) {
  const rows = records.map(({ offset, data }) => ({ offset, data, cells: previewData(data) }))
  const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))].slice(0, mostColumns)
  const isEscaped = rows.some(({ cells }) => Object.values(cells).some((text) => escaped.test(text)))
  const [opened, setOpened] = useState<number>()
  return (
    <>
      <ScrollBox class="card" label="Table of rows">
        <table class="newest records">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
              <th scope="col">
                <span class="unseen">JSON</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ offset, data, cells }) => {
              const isOpen = opened === offset
              return [
                <tr key={offset}>
                  {columns.map((column) => (
                    <td key={column}>{cells[column] ?? ''}</td>
                  ))}
                  <td class="number">
                    <button
                      type="button"
                      class="quiet small"
                      aria-expanded={isOpen}
                      onClick={() => setOpened(isOpen ? undefined : offset)}
                    >
                      JSON
                    </button>
                  </td>
                </tr>,
                isOpen && (
                  <tr key={`${offset} whole`}>
                    <td colSpan={columns.length + 1} class="whole">
                      {children.length > 0 && cells.id !== undefined && (
                        <p class="belonging">
                          What belongs to it:{' '}
                          {children.map((stream) => (
                            <Link key={stream} to={{ page: 'records', jobId, stream, parentId: cells.id ?? '' }}>
                              {stream}
                            </Link>
                          ))}
                        </p>
                      )}
                      <pre>{printExactly(data)}</pre>
                    </td>
                  </tr>
                ),
              ]
            })}
          </tbody>
        </table>
      </ScrollBox>
      {isEscaped && (
        <p class="hint">
          <code>&amp;#39;</code>, <code>&amp;amp;</code> and the like are how Intercom writes ’ and &amp; in texts. Rows
          come as Intercom sends them.
        </p>
      )}
    </>
  )
}
