import { digestOfSettings } from './connection-check.ts'

/** How a connection has got its access token: somebody has signed in at Intercom, or has given the token itself. */
export const accesses = ['oauth', 'token'] as const
export type Access = (typeof accesses)[number]

/** As it is stored: it counts only for the settings that it names. */
export function accessToText(access: Access, sealedSettings: string): string {
  return `${access}:${digestOfSettings(sealedSettings)}`
}

/** Undefined when nobody knows: a process of an earlier version replaces settings alone. */
export function accessFromText(text: string | undefined, sealedSettings: string): Access | undefined {
  return accesses.find((access) => text === accessToText(access, sealedSettings))
}
