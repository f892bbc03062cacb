/**
 * The reason of a signal that stops an attempt whose job goes on later, maybe elsewhere. The sync then gives one last
 * commit with everything it has taken, and tells why it waits.
 */
export class Pause extends Error {
  override name = 'Pause'
}
