import t from 'tap'
import { createHttpDriver } from './http-driver.ts'
import { startService } from './service.ts'
import { holdChecklist } from './suite.ts'

holdChecklist(t, async (t, intercom) => createHttpDriver(await startService(t, intercom)))
