import { useEffect, useState } from 'preact/hooks'
import { formatAge, formatTime, formatUtc, formatWait } from '../words/times.ts'

/** The time now, ms since the epoch, anew every so often. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

interface TimeProps {
  /** Ms since the epoch, or RFC 3339. */
  at: number | string
  /** As a distance from now where that says more: of something past, or of something to come. @defaultValue a date */
  relative?: 'past' | 'ahead'
  /** The zone that the time was set in; it is named. @defaultValue the reader's, which the foot of the page names */
  zone?: string | undefined
}

/** A time; hovering tells the same in UTC. */
export function Time({ at, relative, zone }: TimeProps) {
  const now = useNow(relative ? 5000 : 60_000)
  const time = typeof at === 'number' ? at : Date.parse(at)
  const date = `${formatTime(time, now, zone)}${zone === undefined ? '' : ` ${zone}`}`
  const distance = relative && (relative === 'past' ? formatAge(time, now) : formatWait(time, now))
  return (
    <time dateTime={new Date(time).toISOString()} title={distance ? `${date} · ${formatUtc(time)}` : formatUtc(time)}>
      {distance ?? date}
    </time>
  )
}
