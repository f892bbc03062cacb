import { useState } from 'preact/hooks'
import type { RecordPage } from '../api/types.ts'
import { ScrollBox } from '../elements/scroll-box.tsx'
import { previewData } from '../job/log/row-preview.ts'
import { printExactly } from './exact-json.ts'

const mostColumns = 6

/** One record to a line; a click shows all of it as JSON. */
export function RecordTable({ records }: { records: RecordPage['data'] }) {
  const rows = records.map(({ offset, data }) => ({ offset, data, cells: previewData(data) }))
  const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))].slice(0, mostColumns)
  const [opened, setOpened] = useState<number>()
  return (
    <ScrollBox class="card" label="Table of records">
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
                    <pre>{printExactly(data)}</pre>
                  </td>
                </tr>
              ),
            ]
          })}
        </tbody>
      </table>
    </ScrollBox>
  )
}
