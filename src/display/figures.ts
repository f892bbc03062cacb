/** `12,345` */
export const formatCount = (count: number): string => count.toLocaleString('en-US')

/** `9.8 s` */
export const formatSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** `45 s`, `12 min`, `3 h 20 min`: about how long something lasts. */
export function formatDuration(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (minutes < 90) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `30.2 MB` */
export const formatSize = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** `25 contacts`, `1 contact`; words that end in y get -ies. */
export function formatNoun(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/** `12:34:56 UTC` @param ms since the epoch */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`
}
