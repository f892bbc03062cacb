/** Lets one task wait for what another does. */
interface WakeUp {
  give(): void
  /** Resolves when it is given the next time. Only one can wait. */
  next(): Promise<void>
}

export function createWakeUp(): WakeUp {
  let wake = () => {}
  return {
    give: () => wake(),
    next: () =>
      new Promise<void>((resolve) => {
        wake = resolve
      }),
  }
}
