const type = Buffer.from('"type":"RECORD"')

/** Counts messages as their pieces come. */
export function countRecords() {
  let bytes = 0
  let records = 0
  let firstRecordAt = Number.NaN
  /** What the pieces so far end in: a mark may be cut in two. */
  let rest: Buffer = Buffer.alloc(0)

  function take(piece: Uint8Array): void {
    bytes += piece.length
    const text = rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : join(rest, piece)
    for (let at = text.indexOf(type); at !== -1; at = text.indexOf(type, at + type.length)) records++
    if (records > 0 && Number.isNaN(firstRecordAt)) firstRecordAt = Date.now()
    rest = Buffer.from(text.subarray(Math.max(0, text.length - type.length + 1)))
  }

  return { take, counts: () => ({ bytes, records, firstRecordAt }) }
}

const join = (left: Uint8Array, right: Uint8Array) => Buffer.concat([left, right])
