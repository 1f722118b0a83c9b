import type { LeaseItem, LeaseItems, Move } from '../backends/aws/index.ts'
import { systemClock } from '../lib/index.ts'
import { showPosition } from '../streams/index.ts'
import { CommandError, exitCodes } from './exit.ts'
import { standardOutput } from './output.ts'
import { table } from './table.ts'

/** One lease to write, and what became of it. */
interface Step extends Move {
  /** `'refused'`: it is not any more as it was when it was looked at. */
  readonly write: () => Promise<'written' | 'refused'>
}

const mostNamed = 5
const atOnce = 16

/** KCL looks for leases to take every two fail-over times: a fleet that is silent for longer is not there. */
const watchFailovers = 2.5

/** The rows of a table on which surely nobody works. */
export async function stoppedRows(items: LeaseItems, failoverMs: number): Promise<LeaseItem[]> {
  const { movedBetween } = await import('../backends/aws/index.ts')
  const before = await items.scan(true)
  const watchMs = watchFailovers * failoverMs
  process.stderr.write(`watching ${items.table} for ${watchMs / 1000} s: nobody may be working on it\n`)
  await systemClock.sleep(watchMs)
  const rows = await items.scan(true)
  const moved = movedBetween(before, rows)
  if (moved.length === 0) return rows
  const named = moved.slice(0, mostNamed).map(shardId => {
    const owner = rows.find(({ leaseKey }) => leaseKey?.S === shardId)?.leaseOwner?.S
    return owner === undefined ? shardId : `${shardId} (${owner})`
  })
  const more = moved.length > mostNamed ? ` and ${moved.length - mostNamed} more` : ''
  const message =
    `somebody still works on ${items.table}: ${named.join(', ')}${more} changed just now; ` +
    'stop every process of its fleet and try again. Nothing was written'
  throw new CommandError(exitCodes.unavailable, message)
}

interface Performance {
  readonly title: string
  readonly steps: readonly Step[]
  readonly dryRun: boolean
  readonly untouched: number
}

export async function perform({ title, steps, dryRun, untouched }: Performance): Promise<void> {
  const rows = steps.map(({ shardId, checkpoint, note = '' }) => [shardId, showPosition(checkpoint), note])
  await tell(title, '', ...table([['SHARD', 'GOES ON', 'NOTE'], ...rows]), '')
  if (untouched > 0) await tell(`${untouched} left as they are.`)
  if (dryRun) return tell(`${steps.length} leases would be written: this was a dry run.`)
  const refused: string[] = []
  for (let first = 0; first < steps.length; first += atOnce) {
    const results = steps.slice(first, first + atOnce).map(async ({ shardId, write }) => {
      if ((await write()) === 'refused') refused.push(shardId)
    })
    await Promise.all(results)
  }
  await tell(`${steps.length - refused.length} leases written.`)
  if (refused.length === 0) return
  const message =
    `${refused.join(', ')} changed while they were written, or were there already, and were left alone; ` +
    'see millrace leases list'
  throw new CommandError(exitCodes.unavailable, message)
}

export async function writeInPlace(
  items: LeaseItems,
  { shardId, change }: Move,
): Promise<'written' | 'refused'> {
  const reply = await items.update('move the lease of', shardId, change)
  return reply === 'refused' ? 'refused' : 'written'
}

export async function tell(...lines: readonly string[]): Promise<void> {
  const output = standardOutput()
  for (const line of lines) await output.line(line)
  await output.flush()
}
