import { writeSync } from 'node:fs'

/**
 * Loaded before a program that is measured: at its end it writes to descriptor 3 what the whole process has cost, in CPU
 * seconds and in MiB of memory at its peak.
 */
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const { maxRSS } = process.resourceUsage()
  writeSync(3, JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakMebibytes: maxRSS / 1024 }))
})
