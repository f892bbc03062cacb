import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type MetricEntry, metricTable } from './metrics-table.ts'

type Table = typeof metricTable
type NameOf<Type> = { [Name in keyof Table]: Table[Name]['type'] extends Type ? Name : never }[keyof Table]
type LabelsOf<Name extends keyof Table> = Record<Table[Name]['labels'][number], string>

/** A gauge's value for one combination of labels. */
type Sample<Name extends keyof Table> = readonly [labels: LabelsOf<Name>, value: number]

/** The figures of one process. */
export interface Metrics {
  /** @param by negative for gauges only @defaultValue 1 */
  add<Name extends NameOf<'counter' | 'gauge'>>(name: Name, labels: LabelsOf<Name>, by?: number): void
  observe<Name extends NameOf<'histogram'>>(name: Name, labels: LabelsOf<Name>, seconds: number): void
  /** Replaces all samples of a gauge; with no sample the gauge is not shown at all. */
  set<Name extends NameOf<'gauge'>>(name: Name, ...samples: Sample<Name>[]): void
  /** Calls `collect` before each scrape; `collect` must keep its own time limit. */
  collectWith(collect: () => Promise<void>): void
  /** All metrics in Prometheus's text format. Callers that ask at the same time share one collection. */
  render(): Promise<string>
}

/** The content type of `render()`. */
export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE

/**
 * @param options.ofProcess whether to include Node's own metrics: memory, event loop, garbage collection. For real
 * processes.
 */
export function createMetrics({ ofProcess = false }: { ofProcess?: boolean } = {}): Metrics {
  const registry = new Registry()
  if (ofProcess) collectDefaultMetrics({ register: registry })
  const counters = new Map<string, Counter | Gauge>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [name, entry] of Object.entries<MetricEntry>(metricTable)) {
    const settings = { name, help: entry.help, labelNames: [...entry.labels], registers: [registry] }
    if (entry.type === 'counter') counters.set(name, new Counter(settings))
    if (entry.type === 'histogram') {
      histograms.set(name, new Histogram({ ...settings, ...(entry.buckets && { buckets: [...entry.buckets] }) }))
    }
    if (entry.type !== 'gauge') continue
    const gauge = new Gauge(settings)
    gauges.set(name, gauge)
    counters.set(name, gauge)
  }

  const collectors: (() => Promise<void>)[] = []
  let collecting: Promise<unknown> | undefined
  return {
    add: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    set(name, ...samples) {
      const gauge = gauges.get(name)
      gauge?.reset()
      // A gauge without labels starts at 0.
      if (metricTable[name].labels.length === 0) gauge?.remove({})
      for (const [labels, value] of samples) gauge?.set(labels, value)
    },
    collectWith: (collect) => void collectors.push(collect),
    async render() {
      collecting ??= Promise.all(collectors.map((collect) => collect())).finally(() => {
        collecting = undefined
      })
      await collecting
      return registry.metrics()
    },
  }
}
