/*
 * How a process is started that moves much data through little memory. A third of what it would take otherwise is
 * garbage that nobody has collected yet (bench/pipeline.ts).
 */

/** Before the environment of whoever starts it, so that it can be set otherwise. */
export const leanEnvironment: Readonly<Record<string, string>> = {
  // glibc gives each thread an arena of its own, and keeps in it what was freed.
  MALLOC_ARENA_MAX: '2',
}

export const leanArguments: readonly string[] = [
  // Objects die young here: more room would only fill with garbage, and leave the processor's cache.
  '--max-semi-space-size=4',
  // The old ones are collected when they are half as many again, not four times as many.
  '--heap-growing-percent=50',
]

/**
 * Starts this process anew with these settings, in its own place and under its own id, unless it has them. To be called
 * before anything opens. Where the system cannot do that, or a parent listens, everything stays as it is.
 */
export function becomeLean(): void {
  const { execArgv, execPath, argv } = process
  if (leanArguments.every(argument => execArgv.includes(argument))) return
  if (process.execve === undefined || process.platform === 'win32' || process.connected) return
  const args = [execPath, ...leanArguments, ...execArgv, ...argv.slice(1)]
  process.execve(execPath, args, { ...leanEnvironment, ...process.env })
}
