/** A record or a row, parsed. */
export type Data = Record<string, unknown>

/** A row inside a record, before a sync adds to it. */
export interface InsideRow {
  data: Data
  /** Its place in its list. */
  position: number
}

/** A stream of rows inside records, by Intercom's descriptions. It judges the product, so it shares nothing with it. */
export interface RowsInside {
  /** The stream whose records hold the rows. */
  holder: string
  /** The member in which a row names the record that holds it. */
  member: string
  /** What tells the rows of a record apart, in a delivered row. */
  key: string
  rows: (record: Data) => InsideRow[]
  /** Whether the addresses of attachments are signed anew with every read. */
  isSigned?: true
}

function itemsAt(record: Data, path: string): unknown[] {
  const value = path.split('.').reduce<unknown>((data, name) => (isData(data) ? data[name] : undefined), record)
  return Array.isArray(value) ? value : []
}

const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null

const objectsAt =
  (...paths: string[]) =>
  (record: Data): InsideRow[] =>
    paths.flatMap((path) => itemsAt(record, path).map((data, position) => ({ data: data as Data, position })))

/** The streams of rows inside records, by name. */
export const rowsInside: Readonly<Record<string, RowsInside>> = {
  contact_tags: { holder: 'contacts', member: 'contact_id', key: 'id', rows: objectsAt('tags.data') },
  contact_companies: { holder: 'contacts', member: 'contact_id', key: 'id', rows: objectsAt('companies.data') },
}

/** Finds a stream of rows inside records; undefined for other streams. */
export function findRowsInside(stream: string): RowsInside | undefined {
  return Object.hasOwn(rowsInside, stream) ? rowsInside[stream] : undefined
}

/** What tells a row apart from all others of its stream. */
export const insideKey = (holderId: string, { key }: RowsInside, { data, position }: InsideRow): string =>
  `${holderId} ${key === 'position' ? position : String(data[key])}`
