/** Resolves with the name of the first SIGINT or SIGTERM. A second one ends the process at once. */
export async function stopSignal(): Promise<NodeJS.Signals> {
  return await new Promise(resolve => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals) => {
      // 128 + 2: what shells report for a program that SIGINT ended.
      if (asked) process.exit(130)
      asked = true
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}

/** Aborts with the first SIGINT or SIGTERM. */
export function abortOnSignal(): AbortSignal {
  const controller = new AbortController()
  void stopSignal().then(() => controller.abort())
  return controller.signal
}
