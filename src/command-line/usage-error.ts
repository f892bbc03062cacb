/** The command line is wrong; the message says how, and shows the usage. */
export class UsageError extends Error {
  override name = 'UsageError'
}
