import { useEffect, useState } from 'preact/hooks'
import { formatDistance, formatTime, formatUtc } from '../words/times.ts'

/** The time now, ms since the epoch, anew every so often. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

/** A time in the reader's zone; hovering tells the same in UTC. @param at ms since the epoch, or RFC 3339 */
export function Time({ at, relative = false }: { at: number | string; relative?: boolean }) {
  const now = useNow(relative ? 5000 : 60_000)
  const time = typeof at === 'number' ? at : Date.parse(at)
  const date = formatTime(time, now)
  const distance = relative ? formatDistance(time, now) : undefined
  return (
    <time dateTime={new Date(time).toISOString()} title={distance ? `${date} · ${formatUtc(time)}` : formatUtc(time)}>
      {distance ?? date}
    </time>
  )
}
