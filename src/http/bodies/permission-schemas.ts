import { Type } from 'typebox'
import { missingPermissionChoices } from '../../sync/contract/sync-request.ts'

/** What a job or a connection says about streams that the token may not read. @param otherwise what its absence means */
export function onMissingPermission(otherwise: string) {
  return Type.String({
    enum: [...missingPermissionChoices],
    description:
      'What becomes of a stream that the token may not read. fail = it ends INCOMPLETE, and the job fails; skip = it is ' +
      'left out before it begins, named in `skippedStreams`, and its state stays. Intercom must have refused it twice, ' +
      `ten seconds apart. ${otherwise}.`,
  })
}
