import { openConnector } from '../support/connector.ts'
import { createCommandDriver } from './command-driver.ts'
import { holdChecklist } from './suite.ts'

holdChecklist((t, intercom) => createCommandDriver({ name: 'in process', bench: openConnector(t), intercom }))
