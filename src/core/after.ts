/** What comes next, at once if it can be: awaiting what is already there would cost a turn of the event loop. */
export function after<T, U>(value: T | Promise<T>, step: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(step) : step(value)
}

/** All of them, at once if they are there. */
export function all<T>(values: readonly (T | Promise<T>)[]): T[] | Promise<T[]> {
  const atHand = values.filter(value => isAtHand(value))
  return atHand.length === values.length ? atHand : Promise.all(values)
}

function isAtHand<T>(value: T | Promise<T>): value is T {
  return !(value instanceof Promise)
}
