/** The service cannot start as requested; the message says what to do. */
export class StartError extends Error {
  override name = 'StartError'
}
