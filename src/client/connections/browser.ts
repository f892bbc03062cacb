import { spawn } from 'node:child_process'

/** Who opens a page, by the system. */
const openers: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/**
 * Opens a page in the browser, if there is one: whoever waits has its address, too.
 *
 * @param hasDisplay whether a system that may have none has a display
 */
export function openBrowser(address: string, hasDisplay: boolean): void {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) return
  const [command, ...args] = openers[process.platform] ?? (hasDisplay ? ['xdg-open'] : [])
  if (command === undefined) return
  const child = spawn(command, [...args, address], { detached: true, stdio: 'ignore' })
  child.on('error', () => undefined)
  child.unref()
}
