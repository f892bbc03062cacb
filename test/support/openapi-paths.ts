/** What an OpenAPI document says about the path of a request, and the path template that says it. */
export function findPath<Item>(
  paths: Record<string, Item>,
  path: string,
): { template: string; item: Item } | undefined {
  const fitting = Object.entries(paths)
    .filter(([template]) => patternOf(template).test(path))
    // If several paths fit, take the one with fewer parameters, as routers do.
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
