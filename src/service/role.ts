/** What a process is there for, by the command that starts it. */
export type Role = 'run' | 'collect'
