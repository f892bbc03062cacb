import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import { findFreePort } from '../support/free-port.ts'
import { type Container, countServers, startContainer } from './container.ts'

export interface UpdateResult {
  rounds: number
  /** Rounds in which the old service was killed outright. */
  killed: number
  /** Starts that were refused, as the folder was another one's. */
  refused: number
  /** From the last answer of the old service to the first of the new one, ms. */
  gaps: number[]
  faults: string[]
}

const lookEveryMs = 20
const longestGapMs = 15_000

/** Replaces a service by another one on the same volume, again and again; whoever is refused is started again at once. */
export async function updateOften(rounds: number, seed: number, tell: (news: string) => void): Promise<UpdateResult> {
  const random = createRandom(seed, 0x7011)
  const folders = {
    dataDir: await mkdtemp(join(tmpdir(), 'intercom-sync-rolling-')),
    temporary: await mkdtemp(join(tmpdir(), 'intercom-sync-socket-')),
  }
  const result: UpdateResult = { rounds, killed: 0, refused: 0, gaps: [], faults: [] }
  const start = async () => startContainer(folders, await findFreePort())
  let present = await start()
  await untilReady(present)
  try {
    for (let round = 1; round <= rounds; round++) {
      // Some orchestrators start the new one first, others end the old one first.
      const ahead = integerBetween(random, -2000, 2000)
      const signal = pick(random, ['SIGTERM', 'SIGTERM', 'SIGKILL'] as const)
      if (signal === 'SIGKILL') result.killed++
      const watch = watchFor(folders.temporary, present, (fault) => result.faults.push(`round ${round}: ${fault}`))
      if (ahead < 0) present.signal(signal)
      await pause(Math.max(0, -ahead))
      let next = await start()
      await pause(Math.max(0, ahead))
      if (ahead >= 0) present.signal(signal)
      while (!(await untilReady(next))) {
        result.refused++
        next = await start()
      }
      const gap = watch.stop()
      result.gaps.push(gap)
      if (gap > longestGapMs) result.faults.push(`round ${round}: nobody answered for ${gap} ms`)
      tell(`round ${round}: ${signal}, the new one started ${ahead} ms before, nobody answered for ${gap} ms`)
      await present.exited
      present = next
    }
  } finally {
    present.signal('SIGTERM')
    await present.exited
    await Promise.all(Object.values(folders).map((folder) => rm(folder, { recursive: true, force: true })))
  }
  return result
}

/** @returns false when it has ended without being ready */
async function untilReady({ url, exited }: Container): Promise<boolean> {
  let isGone = false
  void exited.then(() => {
    isGone = true
  })
  while (!isGone) {
    if (await answers(url)) return true
    await pause(lookEveryMs)
  }
  return false
}

/** Looks all the time how many Redis servers there are, and when the old service answered last. */
function watchFor(temporary: string, old: Container, tell: (fault: string) => void) {
  let isOver = false
  let lastAnswer = performance.now()
  const look = async () => {
    while (!isOver) {
      const servers = countServers(temporary)
      if (servers > 1) tell(`${servers} Redis servers write in one folder`)
      if (await answers(old.url)) lastAnswer = performance.now()
      await pause(lookEveryMs)
    }
  }
  void look()
  return {
    stop() {
      isOver = true
      return Math.max(0, Math.round(performance.now() - lastAnswer))
    },
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(1000) }).then(
    async (response) => {
      await response.arrayBuffer()
      return response.ok
    },
    () => false,
  )
}
