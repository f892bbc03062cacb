/** The heads of a table's columns. */
export function ColumnHeads({ columns }: { columns: readonly string[] }) {
  return (
    <>
      {columns.map((column) => (
        <th key={column} scope="col">
          {column}
        </th>
      ))}
    </>
  )
}
