/** The result of `work`, or `'aborted'` when the signal aborts first. The work goes on; a later failure of it is nobody's. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | 'aborted'> {
  const { promise, resolve } = Promise.withResolvers<'aborted'>()
  const abort = () => resolve('aborted')
  work.catch(() => {})
  if (signal.aborted) return 'aborted'
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
