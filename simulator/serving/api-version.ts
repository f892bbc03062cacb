const oldest = '2.0'

/** A version's two numbers. Every record of every answer asks for them. */
const partsOf = new Map<string, readonly [major: number, minor: number]>()

function parse(version: string): readonly [major: number, minor: number] {
  const known = partsOf.get(version)
  if (known !== undefined) return known
  const [major = 0, minor = 0] = version.split('.').map(Number)
  partsOf.set(version, [major, minor])
  return [major, minor]
}

/** Versions are compared part by part: 2.9 comes before 2.10. */
export function isAtLeast(version: string, other: string): boolean {
  const [major, minor] = parse(version)
  const [otherMajor, otherMinor] = parse(other)
  return major === otherMajor ? minor >= otherMinor : major > otherMajor
}

/** Matches every version there ever was, except the rolling ones. */
const isVersion = (text: string): boolean => /^1\.[0-4]$|^2\.(\d|1[0-7])$/.test(text)
const rolling = ['Preview', 'Unstable']

/** Which versions an API knows. */
export interface VersionSetting {
  newestVersion: string
  /** The version set on the app. */
  appVersion: string
  refuseNewerVersions: boolean
}

/**
 * The version that serves a request: the requested one if this API has it, else its newest. A request without a header
 * gets the version that is set on the app. `undefined` when the header is not a version.
 */
export function servedVersion(asked: string | undefined, setting: VersionSetting): string | undefined {
  const { newestVersion, appVersion, refuseNewerVersions } = setting
  if (asked === undefined) return appVersion
  if (rolling.includes(asked)) return newestVersion
  if (!isVersion(asked) || !isAtLeast(asked, oldest)) return undefined
  if (isAtLeast(newestVersion, asked)) return asked
  return refuseNewerVersions ? undefined : newestVersion
}
