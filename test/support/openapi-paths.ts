/** What an OpenAPI document says of the path a request went to, and the template it says it under. */
export function findPath<Item>(
  paths: Record<string, Item>,
  path: string,
): { template: string; item: Item } | undefined {
  const fitting = Object.entries(paths)
    .filter(([template]) => patternOf(template).test(path))
    // Of paths that fit, the one with fewer parameters, as routers choose.
    .toSorted(([left], [right]) => left.split('{').length - right.split('{').length)
    .map(([template, item]) => ({ template, item }))
  return fitting[0]
}

const patterns = new Map<string, RegExp>()

function patternOf(template: string): RegExp {
  const known = patterns.get(template)
  if (known) return known
  const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`)
  patterns.set(template, pattern)
  return pattern
}
