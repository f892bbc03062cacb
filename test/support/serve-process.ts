/** Runs the same as `intercom-sync serve`, wherever this file was compiled to, with failpoints armed. */
import { keepYoungHeapSmall } from '../../src/process/heap-growth.ts'
import { armProcess } from './failpoints.ts'

armProcess(process.env)
// Before the service is loaded, as bin/intercom-sync does it.
keepYoungHeapSmall()
const { serve } = await import('../../src/server.ts')
await serve(process.argv.slice(2))
