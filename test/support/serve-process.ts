/** Runs the same as `intercom-sync serve`, wherever this file was compiled to, with failpoints armed. */
import { serve } from '../../src/server.ts'
import { armProcess } from './failpoints.ts'

armProcess(process.env)
await serve(process.argv.slice(2))
