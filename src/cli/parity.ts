import { Command, InvalidArgumentError } from 'commander'
import { isColumn, type ColumnName } from '../core/index.ts'
import { compareEvents, parityDefaults, type Finding, type ParityReport } from '../parity/index.ts'
import { readToTip, type Source } from '../streams/index.ts'
import { CommandError, exitCodes } from './exit.ts'
import { readLines } from './input.ts'
import { openPipeline, type Pipeline, type PipelineFlags } from './pipeline.ts'
import { takesConfig, takesDirectory } from './setup.ts'
import { printable, showCount, table } from './table.ts'

interface ParityFlags extends PipelineFlags {
  readonly json?: boolean
  readonly ignore: readonly ColumnName[]
}

const help = `
An event of one side is compared with the event of the other that has the same event_id, column by column and by
meaning: 1.50 is 1.5, JSON may have its keys in any order. etl_tstamp and v_etl always differ and are not compared.

Exits with 0 when both say the same, with 65 when they differ.`

/** `millrace parity`: what two enrichers made of the same input, side by side. */
export function parityCommand(): Command {
  const command = new Command('parity')
    .description('compare the enriched events of two enrichers, field by field')
    .argument('<a>', 'file of enriched events (TSV); - for standard input; stream:NAME for all of a stream')
    .argument('<b>', 'the other')
  return takesDirectory(takesConfig(command))
    .option('--ignore <columns>', 'more columns that may differ, separated by commas', columnList, [])
    .option('--json', 'the report as one line of JSON')
    .addHelpText('after', help)
    .action(parity)
}

async function parity(a: string, b: string, flags: ParityFlags): Promise<void> {
  if (a === '-' && b === '-')
    throw new CommandError(
      exitCodes.usage,
      'standard input can be one of the two only; name a file for the other',
    )
  const streams = [a, b].some(operand => operand.startsWith('stream:'))
  const pipeline = streams ? await openPipeline(flags) : undefined
  try {
    const report = await compareEvents(linesOf(a, pipeline), linesOf(b, pipeline), {
      ...parityDefaults,
      ignore: new Set([...parityDefaults.ignore, ...flags.ignore]),
    })
    process.stdout.write(`${flags.json === true ? JSON.stringify(report) : show(report, a, b)}\n`)
    if (report.verdict !== 'same') process.exitCode = exitCodes.data
  } finally {
    await pipeline?.backend.close()
  }
}

function linesOf(operand: string, pipeline: Pipeline | undefined): AsyncIterable<string> {
  if (operand.startsWith('stream:') && pipeline !== undefined)
    return linesOfStream(pipeline.backend.source(operand.slice('stream:'.length)), pipeline)
  return readLines(operand)
}

async function* linesOfStream(source: Source, { config }: Pipeline): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const { maxBatchBytes, maxBatchRecords } = config.worker
  const signal = new AbortController().signal
  for await (const { data } of readToTip(source, { signal, maxBatchBytes, maxBatchRecords }))
    yield decoder.decode(data)
}

function columnList(text: string, before: readonly ColumnName[]): ColumnName[] {
  const names = text.split(',').map(name => name.trim())
  const wrong = names.find(name => !isColumn(name))
  if (wrong !== undefined) throw new InvalidArgumentError(`there is no column ${wrong}`)
  return [...before, ...names.filter(isColumn)]
}

/** Differences shown; --json has all. */
const shown = 30

function show(report: ParityReport, a: string, b: string): string {
  const { events, onlyInA, onlyInB, idsDiffer, unreadable, findings } = report
  const counts: readonly (readonly [string, number])[] = [
    [`events in A (${printable(a, 60)})`, events.a],
    [`events in B (${printable(b, 60)})`, events.b],
    ['in both', events.both],
    ['equal in every column', events.equal],
    ['only in A', onlyInA],
    ['only in B', onlyInB],
    ['without an event_id of the tracker', idsDiffer],
    ['lines that are no events', unreadable.a + unreadable.b],
  ]
  const rows = [['column', 'cause', 'events', 'A', 'B'], ...findings.slice(0, shown).map(row)]
  const more = findings.length > shown ? [`… and ${findings.length - shown} more kinds of difference`] : []
  return [
    ...table(
      counts.map(([what, count]) => [what, showCount(count)]),
      [1],
    ),
    '',
    ...(findings.length > 0 ? [...table(rows, [2]), ...more, ''] : []),
    report.verdict === 'same' ? 'same: both say the same of every event' : 'different',
  ].join('\n')
}

function row({ column, path, cause, events, example }: Finding): string[] {
  return [
    printable(column + path),
    cause,
    showCount(events),
    printable(example.a, 30),
    printable(example.b, 30),
  ]
}
