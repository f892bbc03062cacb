import t from 'tap'
import { withTools } from '../support/tools.ts'
import { testConnectionPage } from './connection-page.ts'
import { testCurl } from './curl.ts'
import { testFailures } from './failures.ts'
import { testJobPage } from './job-page.ts'
import { testLog } from './log.ts'
import { testLooks } from './looks.ts'
import { testOAuth } from './oauth.ts'
import { testSetUp } from './set-up.ts'
import { testSignIn } from './sign-in.ts'
import { openStage } from './stage.ts'
import { testWebhooks } from './webhooks.ts'

t.test('the console, in a browser', withTools('chromium'), async (t) => {
  const stage = await openStage(t)
  await testSignIn(t, stage)
  await testSetUp(t, stage)
  await testJobPage(t, stage)
  await testLog(t, stage)
  await testConnectionPage(t, stage)
  await testOAuth(t, stage)
  await testCurl(t, stage)
  await testWebhooks(t, stage)
  await testFailures(t, stage)
  await testLooks(t, stage)
})
