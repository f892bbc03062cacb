import t from 'tap'
import { openConnector } from '../support/connector.ts'
import { createCommandDriver } from './command-driver.ts'
import { holdChecklist } from './suite.ts'

holdChecklist(t, (t, intercom) => createCommandDriver({ name: 'in process', bench: openConnector(t), intercom }))
