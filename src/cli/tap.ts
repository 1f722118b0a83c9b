import { Command, InvalidArgumentError, Option } from 'commander'
import { dedupe } from '../delivery/index.ts'
import { createLog } from '../observe/index.ts'
import { tail, type StartingPoint } from '../streams/index.ts'
import { jsonOfLine } from './enriched-line.ts'
import { standardOutput } from './output.ts'
import { openPipeline, type PipelineFlags } from './pipeline.ts'
import { takesConfig, takesDirectory } from './setup.ts'
import { abortOnSignal } from './stop-signal.ts'
import { sayBadRow, sayEvent } from './tap-lines.ts'

interface TapFlags extends PipelineFlags {
  readonly bad?: boolean
  readonly json?: boolean
  readonly from: 'horizon' | 'latest'
  readonly count?: number
}

/** `millrace tap`: events as they come out of the pipeline. */
export function tapCommand(): Command {
  const command = new Command('tap').description('show live events, one line each')
  return takesDirectory(takesConfig(command))
    .option('--bad', 'bad rows instead of enriched events')
    .option('--json', 'all of each event, as the analytics SDKs make it; of a bad row, as it is')
    .addOption(
      new Option('--from <point>', 'horizon: with everything that is still there')
        .choices(['horizon', 'latest'])
        .default('latest'),
    )
    .option('-n, --count <number>', 'stop after so many', count)
    .action(tap)
}

async function tap(flags: TapFlags): Promise<void> {
  const { config, backend } = await openPipeline(flags)
  const { good, bad } = config.streams
  const signal = abortOnSignal()
  const output = standardOutput()
  const source = backend.source(flags.bad === true ? bad.name : good.name)
  const from: StartingPoint = { at: flags.from === 'horizon' ? 'trimHorizon' : 'latest' }
  const { maxBatchBytes, maxBatchRecords } = config.worker
  let left = flags.count ?? Number.POSITIVE_INFINITY
  try {
    const batches = tail(source, { from, signal, maxBatchBytes, maxBatchRecords })
    for await (const { records } of dedupe(batches, { source, observe: createLog({ level: 'warn' }) })) {
      for (const { data } of records.slice(0, left)) await output.line(show(data, flags))
      left -= records.length
      await output.flush()
      if (left <= 0) return
    }
  } finally {
    await backend.close()
  }
}

const decoder = new TextDecoder()

function show(data: Uint8Array, { bad = false, json = false }: TapFlags): string {
  const text = decoder.decode(data)
  if (bad) return json ? text : sayBadRow(text)
  return json ? JSON.stringify(jsonOfLine(text) ?? { unreadable: text }) : sayEvent(text)
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1')
  return value
}
