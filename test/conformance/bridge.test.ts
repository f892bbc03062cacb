import t from 'tap'
import { openConnector } from '../support/connector.ts'
import { createCommandDriver } from './command-driver.ts'
import { startService } from './service.ts'
import { holdChecklist } from './suite.ts'

holdChecklist(t, async (t, intercom) => {
  const members = { service_url: await startService(t, intercom) }
  return createCommandDriver({ name: 'bridge', bench: openConnector(t), members })
})
