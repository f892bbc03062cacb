/**
 * How many random cases a test draws: all of them in CI, and a part of the same ones where somebody waits for the result.
 * `CI=true npm test` draws all anywhere.
 */
export function draws(inCi: number, elsewhere: number): number {
  return process.env.CI ? inCi : elsewhere
}
