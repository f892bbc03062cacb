import { CodedError } from '../errors.ts'

/** The access token of a connection leads to another workspace than the connection's data is of. */
export function connectionOfOtherWorkspace(before: string, now: string): CodedError {
  const message =
    `The connection is of workspace ${before}, the access token of workspace ${now}. ` +
    `Give a token of ${before}, or put the connection with resetState=true to read ${now} from the beginning.`
  return new CodedError('workspace_changed', message, { extensions: { workspaceId: before } })
}

/** A state says nothing about another workspace than its own. @param streamName whose state it is */
export function stateOfOtherWorkspace(streamName: string, before: string, now: string): CodedError {
  const message =
    `${streamName}: the state is of workspace ${before}, the access token of workspace ${now}. ` +
    `Give a token of ${before}, or reset the state to read ${now} from the beginning.`
  return new CodedError('workspace_changed', message, { streamName })
}
