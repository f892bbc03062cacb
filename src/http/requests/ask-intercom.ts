import type { SourceConfig } from '../../airbyte/source-config.ts'
import type { Clock } from '../../clock.ts'
import { type BriefClient, type BriefClientOptions, withBriefClient } from '../../intercom/brief-client.ts'
import type { BudgetStore } from '../../intercom/budget/budget-store.ts'
import { countExchanges } from '../../intercom/observer.ts'
import type { Metrics } from '../../metrics.ts'
import type { Proxies } from '../../network/proxies.ts'

/** Asks Intercom something for a caller. @param signal aborts when the caller leaves and when the service closes */
export type AskIntercom = <Result>(
  signal: AbortSignal,
  config: SourceConfig,
  work: (client: BriefClient) => Promise<Result>,
  limits?: Pick<BriefClientOptions, 'deadlineMs' | 'tries'>,
) => Promise<Result>

interface AskDependencies {
  clock: Clock
  metrics: Metrics
  intercomBaseUrl?: string | undefined
  proxies?: Proxies | undefined
  budgetStore?: BudgetStore | undefined
}

/** Questions to Intercom end with the caller, with the service, and in time. */
export function createAskIntercom(dependencies: AskDependencies): AskIntercom {
  const { clock, metrics, intercomBaseUrl: baseUrl, proxies, budgetStore } = dependencies
  const observe = countExchanges(metrics)
  return (signal, config, work, limits) =>
    withBriefClient(
      { config, baseUrl, proxies, budgetStore, clock, random: Math.random, signal, observe, ...limits },
      work,
    )
}
