/** Runs the same as `intercom-sync serve`, wherever this file was compiled to. */
import { serve } from '../../src/server.ts'

await serve(process.argv.slice(2))
