import type { Mutation } from './mutations.ts'
import type { Workspace } from './workspace.ts'

/** A change of the workspace that is triggered by requests, so that a test needs no timers. Plain data. */
export interface ScriptedChange {
  /** Made after so many requests since the script was set … */
  after?: number
  /** … or after every so many … */
  every?: number
  /** … until so many were answered. @defaultValue no end */
  until?: number
  mutations: readonly Mutation[]
}

/**
 * Makes the changes of a script as requests of any kind are answered; `Workspace.changes` shows what was changed when.
 */
export class LiveChanges {
  readonly #workspace: Workspace
  #script: readonly ScriptedChange[]
  #answered = 0

  constructor(workspace: Workspace, script: readonly ScriptedChange[]) {
    this.#workspace = workspace
    this.#script = script
  }

  /** Replaces the script; requests are counted from here. */
  follow(script: readonly ScriptedChange[]): void {
    this.#script = script
    this.#answered = 0
  }

  /** One more request was answered, in any way. */
  answered(): void {
    const count = ++this.#answered
    for (const { after, every, until = count, mutations } of this.#script) {
      const isDue = count === after || (every !== undefined && count % every === 0)
      if (!isDue || count > until) continue
      for (const mutation of mutations) this.#workspace.mutate(mutation)
    }
  }
}
