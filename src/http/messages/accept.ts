import Negotiator from 'negotiator'

/**
 * The offered media type a client likes best (RFC 9110 §12.5.1): the higher `q` wins, then what the client names
 * exactly, then what it names first, then the earlier offer. Without an `Accept` header everything is acceptable.
 */
export function chooseMediaType<Offer extends string>(
  accept: string | undefined,
  offers: readonly Offer[],
): Offer | undefined {
  // All our text is UTF-8, so a client that asks for it gets it. Other parameters ask for what we do not have.
  const inFull = new Map(offers.map((offer) => [`${offer}; charset=utf-8`, offer]))
  const header = accept?.trim()
  const negotiator = new Negotiator({ headers: header ? { accept: header } : {} })
  const [best = ''] = negotiator.mediaTypes([...inFull.keys()])
  return inFull.get(best)
}
