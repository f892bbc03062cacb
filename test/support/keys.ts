import { createKeyspace, defaultPrefix } from '../../src/store/keys.ts'

/** The names of a service whose `REDIS_PREFIX` is not set. */
export const keyspace = createKeyspace(defaultPrefix)

export const { job: jobKey, connection: connectionKey, signIn: signInKey, budget: budgetKey, changedChannel } = keyspace
