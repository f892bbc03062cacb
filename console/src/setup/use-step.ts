import { useEffect, useState } from 'preact/hooks'

/**
 * Where one is in a set-up. Each step is an entry in the browser's history, at one address, so that *Back* and *Forward*
 * go through the steps. The entry keeps only which step it is: what was filled in is kept elsewhere.
 *
 * @param reached the last step that can be shown. An entry of a later one shows this, as after a reload, when the token
 *   is gone.
 * @returns the step, and how to go to another one
 */
export function useStep(reached: number): [step: number, go: (to: number) => void] {
  const [wanted, setWanted] = useState(0)
  const step = Math.min(wanted, reached)
  useEffect(() => {
    // The page is new: nothing is tested yet.
    mark(0)
  }, [])
  useEffect(() => {
    const read = () => {
      const to = Math.min(stepOfEntry(), reached)
      mark(to)
      setWanted(to)
    }
    window.addEventListener('popstate', read)
    return () => window.removeEventListener('popstate', read)
  }, [reached])
  const go = (to: number) => {
    // An entry of a step stands behind those of the steps before.
    if (to < step) history.go(to - step)
    else if (to > step) {
      for (let next = step + 1; next <= to; next++) history.pushState({ step: next }, '', location.href)
      setWanted(to)
      window.scrollTo(0, 0)
    }
  }
  return [step, go]
}

function mark(step: number): void {
  history.replaceState({ step }, '', location.href)
}

function stepOfEntry(): number {
  const { state } = history as { state: unknown }
  const step = typeof state === 'object' && state !== null && 'step' in state ? state.step : 0
  return typeof step === 'number' ? step : 0
}
