import type { Mutation } from './mutations.ts'
import type { Workspace } from './workspace.ts'

/** A change of the workspace that waits for requests, so that a test needs no timers. Plain data. */
export interface ScriptedChange {
  /** Made after so many requests were answered, from when the script was given … */
  after?: number
  /** … or after every so many … */
  every?: number
  /** … until so many were answered. @defaultValue no end */
  until?: number
  mutations: readonly Mutation[]
}

/** Makes the changes of a script as requests of any kind are answered; `Workspace.changes` tells what was changed when. */
export class LiveChanges {
  readonly #workspace: Workspace
  #script: readonly ScriptedChange[]
  #answered = 0

  constructor(workspace: Workspace, script: readonly ScriptedChange[]) {
    this.#workspace = workspace
    this.#script = script
  }

  /** Puts another script in place of the one there was; requests are counted from here. */
  follow(script: readonly ScriptedChange[]): void {
    this.#script = script
    this.#answered = 0
  }

  /** One request more was answered, in whatever way. */
  answered(): void {
    const count = ++this.#answered
    for (const { after, every, until = count, mutations } of this.#script) {
      const isDue = count === after || (every !== undefined && count % every === 0)
      if (!isDue || count > until) continue
      for (const mutation of mutations) this.#workspace.mutate(mutation)
    }
  }
}
