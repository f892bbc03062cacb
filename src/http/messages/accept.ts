/**
 * The offered media type a client likes best (RFC 9110 §12.5.1): the higher `q` wins, then the earlier offer.
 * Without an `Accept` header everything is acceptable.
 */
export function chooseMediaType<Offer extends string>(
  accept: string | undefined,
  offers: readonly Offer[],
): Offer | undefined {
  const ranges = (accept?.trim() || '*/*').split(',').map(parseRange)
  let best: { offer: Offer; quality: number } | undefined
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges)
    if (quality > (best?.quality ?? 0)) best = { offer, quality }
  }
  return best?.offer
}

interface MediaRange {
  name: string
  quality: number
}

function parseRange(text: string): MediaRange {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return { name, quality: quality === undefined ? 1 : Number(quality) || 0 }
}

/** The quality of an offer, by the most specific range that covers it. */
function qualityOf(offer: string, ranges: MediaRange[]): number {
  const [kind] = offer.split('/')
  for (const name of [offer, `${kind}/*`, '*/*']) {
    const range = ranges.find((candidate) => candidate.name === name)
    if (range) return range.quality
  }
  return 0
}
