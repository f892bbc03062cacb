const shape = /^P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,7})S)?)?$/

const second = 1000
const units = [7 * 86_400 * second, 86_400 * second, 3600 * second, 60 * second, second]

/**
 * The length of an ISO 8601 duration, ms. Months and years have no fixed length, so they are not taken.
 *
 * @returns undefined for another text, and for a duration of nothing
 */
export function parseDuration(text: string): number | undefined {
  const [, ...counts] = shape.exec(text) ?? []
  const ms = counts.reduce((sum, count, place) => sum + Number(count ?? 0) * (units[place] ?? 0), 0)
  return ms > 0 ? ms : undefined
}
