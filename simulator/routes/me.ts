import { adminEmail, adminId, adminName } from '../records/people.ts'
import { type Answer, jsonAnswer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'

const createdAt = 1_577_836_800

/** `GET /me`: the admin the token belongs to, and the workspace. */
export function answerMe({ options, workspaceId, workspaceDays }: EndpointContext): Answer {
  if (options.hideTimezone) throw new RefusedRequest(403, 'forbidden', 'You do not have the required scope')
  return jsonAnswer({
    type: 'admin',
    id: adminId(0),
    email: adminEmail(0),
    name: adminName(0),
    email_verified: true,
    app: {
      type: 'app',
      id_code: workspaceId,
      name: 'Example &amp; Sons',
      created_at: createdAt,
      secure: false,
      identity_verification: false,
      timezone: workspaceDays.timeZone,
      region: options.region,
    },
    avatar: { type: 'avatar', image_url: 'https://static.intercomassets.com/assets/default-avatars/admins/128.png' },
    has_inbox_seat: true,
  })
}
