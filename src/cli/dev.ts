import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { printConfig, type Config } from '../config/index.ts'
import { MillraceError, systemClock } from '../lib/index.ts'
import { StatusBoard, type StatusSnapshot } from '../observe/index.ts'
import type { RunningAwsLocal, RunningDev } from '../service/index.ts'
import { CommandError, exitCodeOf } from './exit.ts'
import { startObservation } from './observation.ts'
import { explainPort } from './port-taken.ts'
import { showUntil } from './screen.ts'
import {
  override,
  readSetup,
  takesDirectory,
  takesDocuments,
  type ConfigFlags,
  type Overrides,
} from './setup.ts'
import { renderStatus, renderStatusLine } from './status.ts'
import { stopSignal } from './stop-signal.ts'

interface DevFlags extends ConfigFlags {
  readonly workers: number
  readonly traffic: number
  readonly shards?: string
  readonly port?: string
  readonly directory?: string
  readonly backend?: string
}

/** `millrace dev`: the whole pipeline on this machine, with a status that redraws itself. */
export function devCommand(): Command {
  const command = new Command('dev').description('run the whole pipeline on this machine')
  return takesDirectory(takesDocuments(command))
    .option('-w, --workers <number>', 'enrich workers, each a process of its own', wholeNumber, 2)
    .option('-s, --shards <number>', 'shards of the raw stream when it is made; default: 4')
    .option('-t, --traffic <rate>', 'events per second that a real tracker sends; 0: none', rate, 5)
    .option('-p, --port <number>', 'port of the collector; default: 9090')
    .addOption(
      new Option(
        '--backend <backend>',
        'in place of the configured one: files on this machine, or Kinesis and DynamoDB played on it',
      ).choices(['embedded', 'aws-local']),
    )
    .action(dev)
}

async function dev(flags: DevFlags): Promise<void> {
  const { startDev } = await import('../service/index.ts')
  const standIns = flags.backend === 'aws-local' ? await startStandIns() : undefined
  const { config, documents, warnings } = readSetup(flags, overrides(flags, standIns))
  const board = new StatusBoard()
  for (let i = 1; i <= flags.workers; i++) board.expect(`worker-${i}`)
  const observation = await startObservation(config, {
    // On a terminal the status shows the problems.
    log: process.stdout.isTTY ? { level: 'silent' } : {},
    also: board.observe,
    reporters: ['worker', 'collector'],
    portOptional: true,
    warnings,
  })
  const stopping = stopSignal()
  const { workers, traffic } = flags
  const running = await startDev(
    config,
    documents,
    { workers, trafficRate: traffic },
    { clock: systemClock, observe: observation.observe },
  ).catch((error: unknown) => {
    const explained = explainPort(error, '--port 9191, or npm start -- --port 9191')
    throw config.backend === 'aws' && standIns === undefined ? explainBackend(explained) : explained
  })
  const file = standIns && writeConfig(config)
  const place = placeOf(flags, config, file)
  const shown = new AbortController()
  const showing = showUntil(shown.signal, {
    full: () => {
      const snapshot = board.snapshot()
      return { status: renderStatus(snapshot), hints: hints(config, running, snapshot, place) }
    },
    line: () => renderStatusLine(board.snapshot()),
  })
  const signal = await stopping
  process.stderr.write('draining; once more to stop at once\n')
  await running.stop(signal)
  shown.abort()
  await Promise.all([showing, observation.stop(), standIns?.stop()])
  if (file !== undefined) rmSync(dirname(file), { recursive: true })
  process.stdout.write(`${renderStatusLine(board.snapshot())}\n`)
}

async function startStandIns(): Promise<RunningAwsLocal> {
  const { startAwsStandIns } = await import('../service/index.ts')
  return startAwsStandIns({ clock: systemClock })
}

/** The stand-ins have other ports at each start, so other commands find them by a file. */
function writeConfig(config: Config): string {
  const file = join(mkdtempSync(join(tmpdir(), 'millrace-')), 'aws-local.conf')
  writeFileSync(file, printConfig(config), { mode: 0o600 })
  return file
}

/** How another command finds this pipeline, as a shell reads it. */
interface Place {
  readonly environment: string
  readonly flags: string
}

function placeOf(flags: DevFlags, { embedded }: Config, file: string | undefined): Place {
  // The stand-ins look at no credentials, but the SDK sends none without any.
  if (file !== undefined)
    return { environment: 'AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x ', flags: ` --config ${file}` }
  const named = flags.config === undefined ? '' : ` --config ${flags.config}`
  const elsewhere = embedded.directory !== 'millrace-data' || flags.backend === 'embedded'
  return { environment: '', flags: elsewhere ? `${named} --directory ${embedded.directory}` : named }
}

/** Whoever tries a configuration that was made for AWS need not have one. */
function explainBackend(error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error
  const message = `${error.message}\nor try this configuration without AWS: --backend aws-local, or --backend embedded`
  return new CommandError(exitCodeOf(error), message, error)
}

function overrides(flags: DevFlags, standIns: RunningAwsLocal | undefined): Overrides {
  const aws = standIns && {
    backend: 'aws',
    'aws.region': 'us-east-1',
    'aws.endpoint': standIns.endpoint,
    'aws.dynamodbEndpoint': standIns.dynamodbEndpoint,
    'leases.leaseMs': 6000,
  }
  return {
    flags: [
      ...Object.entries(aws ?? {}).flatMap(([field, value]) => override('--backend', field, value)),
      ...(flags.backend === 'embedded' ? override('--backend', 'backend', 'embedded') : []),
      ...override('--directory', 'embedded.directory', flags.directory),
      ...override('--shards', 'streams.raw.shards', flags.shards),
      ...override('--port', 'collector.port', flags.port),
    ],
    // Several workers share this machine with everything else that somebody runs on it.
    presets: override('dev', 'worker.threads', 1),
  }
}

function hints(config: Config, running: RunningDev, { workers }: StatusSnapshot, place: Place): string {
  // Both lists are in the order of the workers' numbers.
  const victim = workers.findIndex(({ state }) => state === 'ready')
  const pid = running.workers[victim]?.pid
  // A certificate is hardly one for 127.0.0.1.
  const curl = config.collector.tls === null ? "curl 'http" : "curl -k 'https"
  return [
    `see events     ${place.environment}npx millrace tap${place.flags}`,
    `send one       ${curl}://127.0.0.1:${running.collectorPort}/i?e=pv&p=web&aid=me&url=http://example.com/'`,
    ...(pid === undefined ? [] : [`kill worker-${victim + 1}  kill -9 ${pid}`]),
    'stop           Ctrl-C',
  ].join('\n')
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new InvalidArgumentError('expected a whole number from 1 to 100')
  return value
}

function rate(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 100_000))
    throw new InvalidArgumentError('expected events per second, from 0 to 100000')
  return value
}
