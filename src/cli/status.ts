import { formatDuration } from '../config/index.ts'
import { nameOf, type ShardStatus, type StatusSnapshot } from '../observe/index.ts'
import { renderCosts } from './cost-table.ts'
import { printable, showCount, showRate, table } from './table.ts'

/** How the pipeline stands, for a screen: what runs, a line per shard, the sum, and the latest problems. */
export function renderStatus(snapshot: StatusSnapshot): string {
  return [
    `millrace  up ${formatDuration(Math.floor(snapshot.upMs / 1000) * 1000)}`,
    collectorLine(snapshot),
    workersLine(snapshot),
    '',
    ...shardTable(snapshot.shards),
    ...costLines(snapshot),
    ...problemLines(snapshot),
  ].join('\n')
}

/** The same on one line, for a log. */
export function renderStatusLine(snapshot: StatusSnapshot): string {
  const { goodPerSecond, badPerSecond, good, bad, lagMs } = sum(snapshot.shards)
  const { collector, workers } = snapshot
  const ready = workers.filter(({ state }) => state === 'ready').length
  return [
    `up ${formatDuration(Math.floor(snapshot.upMs / 1000) * 1000)}`,
    `workers ${ready}/${workers.length}`,
    `requests ${showCount(collector.accepted)} (${showRate(collector.acceptedPerSecond)})`,
    `good ${showCount(good)} (${showRate(goodPerSecond)})`,
    `bad ${showCount(bad)} (${showRate(badPerSecond)})`,
    `lag ${formatDuration(lagMs)}`,
  ].join('  ')
}

function collectorLine({ collector }: StatusSnapshot): string {
  const { url, accepted, refused, acceptedPerSecond } = collector
  if (url === undefined) return 'collector  not listening'
  const counts = `${showCount(accepted)} requests, ${showRate(acceptedPerSecond)}`
  return `collector  ${url}  ${counts}${refused > 0 ? `, ${showCount(refused)} refused` : ''}`
}

function workersLine({ workers }: StatusSnapshot): string {
  if (workers.length === 0) return 'workers    none'
  return `workers    ${workers.map(({ name, state }) => `${name} ${state}`).join(', ')}`
}

function shardTable(shards: readonly ShardStatus[]): string[] {
  if (shards.length === 0) return ['no shards yet']
  const total = sum(shards)
  const rows = shards.map(shard => [
    shard.shardId,
    shard.ended ? 'done' : shard.owner === undefined ? '(nobody)' : nameOf(shard.owner),
    shard.ended || shard.lagMs === undefined ? '–' : formatDuration(shard.lagMs),
    ...counts(shard),
  ])
  const sums = ['all', '', formatDuration(total.lagMs), ...counts(total)]
  const head = ['SHARD', 'OWNER', 'LAG', 'GOOD', '', 'BAD', '']
  return table([head, ...rows, ...(rows.length > 1 ? [sums] : [])], [2, 3, 4, 5, 6])
}

interface Counts {
  readonly good: number
  readonly bad: number
  readonly goodPerSecond: number
  readonly badPerSecond: number
}

function counts({ good, bad, goodPerSecond, badPerSecond }: Counts): string[] {
  return [showCount(good), showRate(goodPerSecond), showCount(bad), showRate(badPerSecond)]
}

/** Counts of all shards; the lag is that of the furthest behind. */
function sum(shards: readonly ShardStatus[]): Counts & { readonly lagMs: number } {
  const total = { good: 0, bad: 0, goodPerSecond: 0, badPerSecond: 0, lagMs: 0 }
  for (const shard of shards) {
    total.good += shard.good
    total.bad += shard.bad
    total.goodPerSecond += shard.goodPerSecond
    total.badPerSecond += shard.badPerSecond
    if (!shard.ended) total.lagMs = Math.max(total.lagMs, shard.lagMs ?? 0)
  }
  return total
}

function costLines({ enrichments }: StatusSnapshot): string[] {
  const lines = renderCosts(enrichments)
  return lines.length === 0 ? [] : ['', ...lines]
}

function problemLines({ problems }: StatusSnapshot): string[] {
  if (problems.length === 0) return []
  return ['', ...problems.map(({ ageMs, text }) => `! ${formatDuration(ageMs)} ago: ${printable(text, 160)}`)]
}
