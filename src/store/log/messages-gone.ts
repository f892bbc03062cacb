import { CodedError } from '../../errors.ts'

/** The first messages of a log were acknowledged and have given way to newer ones. @param firstLeft how many */
export function messagesGone(firstLeft: number): CodedError {
  return new CodedError(
    'log_gone',
    `The messages up to ${firstLeft} are no longer kept, as they were acknowledged: after=${firstLeft} gives those that are left`,
    { extensions: { firstLeft } },
  )
}

/** The offset from which messages are left, if an error says that those before have given way. */
export function firstLeftAfter(error: unknown): number | undefined {
  if (!(error instanceof CodedError) || error.code !== 'log_gone') return undefined
  const { firstLeft } = error.extensions
  return typeof firstLeft === 'number' ? firstLeft : undefined
}
