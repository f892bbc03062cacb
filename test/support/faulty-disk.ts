import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { machineDisk, type SegmentDisk } from '../../src/store/segments/segment-disk.ts'
import { createDeferred } from './deferred.ts'

/** What happens at a step: everything stops there, as when the process is killed, or the disk gives an error. */
export type StepFault = 'stop' | 'ENOSPC' | 'EDQUOT' | 'EIO'

/** The steps of a process that writes files, one of which may fail. */
export interface FaultySteps {
  /** Goes on, or does not. @throws the error of the fault */
  step(): Promise<void>
  /** Resolves when a step has stopped. */
  stopped: Promise<void>
  /** Lets what has stopped go on, as a process that was frozen. */
  wake(): void
}

/** @param at the step with the fault, 1 or more */
export function createFaultySteps(at: number, fault: StepFault): FaultySteps {
  const stopped = createDeferred()
  const woken = createDeferred()
  let steps = 0
  return {
    async step() {
      if (++steps !== at) return
      if (fault !== 'stop') throw Object.assign(new Error(`${fault}, as drawn`), { code: fault })
      stopped.resolve()
      await woken.promise
    },
    stopped: stopped.promise,
    wake: woken.resolve,
  }
}

/** The machine's disk, each call of which is a step. */
export interface FaultyDisk extends SegmentDisk {
  /** The power fails: what nobody has waited for is not there afterwards. */
  losePower(): Promise<void>
}

export function createFaultyDisk({ step }: Pick<FaultySteps, 'step'>): FaultyDisk {
  /** Files whose bytes, or whose names, may not be on the disk yet. */
  const unsynced = new Set<string>()
  const unnamed = new Set<string>()
  return {
    async create(path) {
      await step()
      const file = await machineDisk.create(path)
      unsynced.add(path)
      unnamed.add(path)
      return {
        async write(bytes) {
          await step()
          await file.write(bytes)
        },
        async sync() {
          await step()
          await file.sync()
          unsynced.delete(path)
        },
        async close() {
          await file.close()
          await step()
        },
      }
    },
    async syncFolder(folder) {
      await step()
      await machineDisk.syncFolder(folder)
      for (const path of unnamed) if (dirname(path) === folder) unnamed.delete(path)
    },
    async remove(path) {
      await step()
      await machineDisk.remove(path)
      unsynced.delete(path)
      unnamed.delete(path)
    },
    async losePower() {
      for (const path of unsynced) await truncate(path)
      for (const path of unnamed) await rm(path)
    },
  }
}

/** What a full disk still does: nothing, or all but the last. */
export type FullAt = 'create' | 'write' | 'sync'

/** The disk of a service in a process of its own, which a test fills and makes room on. */
export interface FillableDisk extends SegmentDisk {
  fill(at: FullAt): Promise<void>
  makeRoom(): Promise<void>
}

/** @param root any process that opens the disk there finds it as full as the others left it */
export function openFillableDisk(root: string): FillableDisk {
  const mark = join(root, 'full')
  const refuse = async (at: FullAt) => {
    const full = await readFile(mark, 'utf8').catch(() => undefined)
    if (full === at) throw Object.assign(new Error('ENOSPC, as drawn'), { code: 'ENOSPC' })
  }
  return {
    ...machineDisk,
    async create(path) {
      await refuse('create')
      const file = await machineDisk.create(path)
      return {
        ...file,
        async write(bytes) {
          await refuse('write')
          await file.write(bytes)
        },
        async sync() {
          await refuse('sync')
          await file.sync()
        },
      }
    },
    fill: (at) => writeFile(mark, at),
    makeRoom: () => rm(mark, { force: true }),
  }
}
