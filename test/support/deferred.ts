/** A promise that is settled from outside, so that a test can wait for an event. */
export interface Deferred<T = void> {
  promise: Promise<T>
  resolve(value: T): void
}

export function createDeferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
