/** Exit codes of all commands. docs/command-line.md explains each; a test compares. */
export const exitCodes = {
  /** Everything was done; the job succeeded. */
  done: 0,
  /** The job failed, or the command could not be carried out. */
  failed: 1,
  /** The command line, or a file that it names, is wrong. */
  usage: 2,
  /** The job was cancelled. */
  cancelled: 3,
  /** The service cannot be reached, or keeps failing. */
  unavailable: 4,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
