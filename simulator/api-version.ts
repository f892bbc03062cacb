const oldest = '2.0'

/** Versions are read part by part: 2.9 comes before 2.10. */
export function isAtLeast(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major === otherMajor ? minor >= otherMinor : major > otherMajor
}

/**
 * The version that serves a request: the one asked for if this API has it, else the newest it has; without a header
 * the version that is set on the app.
 */
export function servedVersion(asked: string | undefined, newest: string, ofApp: string): string {
  if (asked === undefined) return ofApp
  const known = /^\d+\.\d+$/.test(asked) && isAtLeast(asked, oldest) && isAtLeast(newest, asked)
  return known ? asked : newest
}
