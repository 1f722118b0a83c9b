/** How long a worker's process may go on after it was told to stop, beyond the time that its own drain may take. */
export const killAfterMs = 5000

/**
 * How long a worker drains whose parent was killed: what is read is nearly always done within two seconds. Whatever the
 * parent did for it is gone, stand-ins of AWS among that, and what it leaves undone is done after the next start.
 */
export const orphanDrainMs = 5000
