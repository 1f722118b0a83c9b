import { Command } from 'commander'
import type { HeldLease, LeaseRow, LeaseStore } from '../leases/index.ts'
import { systemClock } from '../lib/index.ts'
import { CommandError, exitCodes } from './exit.ts'
import { takesFailover, takesStore, withLeases, type OpenLeases, type StoreFlags } from './lease-flags.ts'
import { tell } from './lease-moves.ts'

interface ReleaseFlags extends StoreFlags {
  readonly failover: number
  readonly force?: boolean
}

/** `millrace leases release`: frees leases whose owner is gone; with `--force` also those of one that is not. */
export function releaseCommand(): Command {
  const command = new Command('release')
    .description('free leases by hand: those whose owner is silent')
    .argument('[shard...]', 'default: every one that is held')
  return takesFailover(takesStore(command))
    .option('--force', 'also those whose owner renews them: events may come twice')
    .action(release)
}

async function release(shardIds: readonly string[], flags: ReleaseFlags): Promise<void> {
  const { failover, force = false } = flags
  if (force && shardIds.length === 0) {
    throw new CommandError(
      exitCodes.usage,
      '--force wants the shards by name: their workers lose what they have in hand',
    )
  }
  await withLeases(flags, failover, async leases => {
    const held = await heldRows(leases.store, shardIds)
    const free = force ? held : await silentRows(leases, held)
    const freed = await freeAll(leases.store, free)
    await tell(
      `${freed.length} of ${held.length} leases are free now${freed.length > 0 ? `: ${freed.join(', ')}` : ''}`,
    )
    if (force && freed.length > 0)
      await tell('Their workers may have sent what is not checkpointed yet: it comes at least once.')
    const kept = held.filter(({ shardId }) => !freed.includes(shardId))
    if (kept.length > 0) throw stillHeld(kept)
  })
}

/** Throws when a shard was named that has no row, or nobody holds. */
async function heldRows(store: LeaseStore, shardIds: readonly string[]): Promise<HeldLease[]> {
  if (shardIds.length === 0) return (await store.list()).filter(isHeld)
  const rows = await Promise.all(shardIds.map(async shardId => [shardId, await store.get(shardId)] as const))
  return rows.map(([shardId, row]) => {
    if (row?.unreadable !== undefined) throw new CommandError(exitCodes.data, row.unreadable)
    if (row !== undefined && isHeld(row)) return row
    const what =
      row === undefined ? `there is no lease of ${shardId}` : `nobody holds the lease of ${shardId}`
    throw new CommandError(exitCodes.data, `${what}; see millrace leases list`)
  })
}

/** Those that nobody has renewed for a whole lease: what their owners sent has long arrived, and they send no more. */
async function silentRows({ store, leaseMs }: OpenLeases, held: readonly HeldLease[]): Promise<HeldLease[]> {
  if (held.length === 0) return []
  process.stderr.write(`watching ${held.length} leases for ${leaseMs / 1000} s\n`)
  await systemClock.sleep(leaseMs)
  const now = await Promise.all(held.map(({ shardId }) => store.get(shardId)))
  return held.filter(({ owner, counter }, i) => now[i]?.owner === owner && now[i]?.counter === counter)
}

async function freeAll(store: LeaseStore, rows: readonly HeldLease[]): Promise<string[]> {
  const results = await Promise.all(rows.map(row => store.release(row)))
  return rows.map(({ shardId }) => shardId).filter((_, i) => results[i] === 'released')
}

function stillHeld(kept: readonly HeldLease[]): CommandError {
  const named = kept.map(({ shardId, owner }) => `${shardId} (${owner})`).join(', ')
  const message = `${named} is being renewed, and was left alone; stop the worker, or name the shard with --force`
  return new CommandError(exitCodes.unavailable, message)
}

function isHeld(row: LeaseRow): row is HeldLease {
  return row.owner !== undefined
}
