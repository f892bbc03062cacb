/**
 * The steps of a process at which a crash matters: somebody else sees whether the step was made. Each is a failpoint, so
 * that a test can end, freeze or fail the process right before or after it. A script that Redis runs is a failpoint by
 * its own name; these are the others.
 */
export const plainFailpoints = [
  'intercomRequest',
  'dueFollow',
  'deliveryAnnounce',
  'deliveryWake',
  'queueAdd',
  'queueDelay',
  'queueRemove',
  'segmentCreate',
  'segmentWrite',
  'segmentSync',
  'segmentFolderSync',
  'segmentRemove',
] as const

/** What is done around a step in place of the step alone. */
type StepInterruption = <Result>(name: string, step: () => Promise<Result>) => Promise<Result>

let interruption: StepInterruption | undefined

/** Makes a step. A service just makes it: only processes of tests set an interruption. */
export function failpoint<Result>(name: string, step: () => Promise<Result>): Promise<Result> {
  return interruption ? interruption(name, step) : step()
}

/** Puts all steps of this process into the hands of a test. */
export function interruptSteps(chosen: StepInterruption): void {
  interruption = chosen
}
