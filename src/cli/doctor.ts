import { Command, InvalidArgumentError, Option } from 'commander'
import {
  fine,
  findingLevels,
  MillraceError,
  systemClock,
  type Finding,
  type FindingLevel,
} from '../lib/index.ts'
import type { Role } from '../service/index.ts'
import { CommandError, exitCodes } from './exit.ts'
import { standardOutput, type LineOutput } from './output.ts'
import { problemsOf } from './problems.ts'
import { override, readSetup, takesDirectory, takesDocuments, type ConfigFlags, type Setup } from './setup.ts'
import { printable } from './table.ts'

interface DoctorFlags extends ConfigFlags {
  readonly directory?: string
  readonly for: Role
  readonly json?: boolean
  readonly policy?: boolean
  readonly account?: string
}

/** `millrace doctor`: whether everything that a process needs is there, and the IAM policy that it needs on AWS. */
export function doctorCommand(): Command {
  const command = new Command('doctor').description('look at everything outside that a process needs')
  return takesDirectory(takesDocuments(command))
    .addOption(
      new Option('--for <command>', 'whose needs are looked at').choices(['run', 'collect']).default('run'),
    )
    .option('--json', 'one JSON object, in one line')
    .option('--policy', 'print the least IAM policy instead, as JSON; nothing is called')
    .option('--account <id>', 'the AWS account to name in the policy', account)
    .addHelpText(
      'after',
      '\nPrints one line for each look. Exits with 0 when there is no problem, otherwise with 1.',
    )
    .action(doctor)
}

function account(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError('expected the twelve digits of an AWS account')
  return text
}

async function doctor(flags: DoctorFlags): Promise<void> {
  const output = standardOutput()
  if (flags.policy === true) await printPolicy(read(flags), flags, output)
  else await report(flags, output)
  await output.flush()
}

function read(flags: DoctorFlags): Setup {
  return readSetup(flags, { flags: override('--directory', 'embedded.directory', flags.directory) })
}

async function printPolicy(
  { config, documents }: Setup,
  flags: DoctorFlags,
  output: LineOutput,
): Promise<void> {
  const { policyFor } = await import('../service/index.ts')
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']
  const policy = await policyFor(config, {
    role: flags.for,
    enrichments: documents.enrichments,
    ...(region !== undefined && { region }),
    ...(flags.account !== undefined && { account: flags.account }),
  })
  if (policy.Statement.length === 0) {
    const message = 'the embedded backend needs no permissions at AWS; name a configuration with backend: aws'
    throw new CommandError(exitCodes.usage, message)
  }
  await output.line(JSON.stringify(policy, null, 2))
}

async function report(flags: DoctorFlags, output: LineOutput): Promise<void> {
  const findings: Finding[] = []
  for await (const finding of look(flags)) {
    findings.push(finding)
    if (flags.json === true) continue
    await output.line(line(finding))
    // Some looks take seconds: each is told when it is done.
    await output.flush()
  }
  const count = (level: FindingLevel) => findings.filter(finding => finding.level === level).length
  const [ok, warnings, problems] = findingLevels.map(count)
  if (flags.json === true) await output.line(JSON.stringify({ ok, warnings, problems, findings }))
  else await output.line(`${countOf(problems, 'problem')}, ${countOf(warnings, 'warning')}, ${ok} ok`)
  if (problems !== 0) process.exitCode = 1
}

function countOf(count: number | undefined, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

async function* look(flags: DoctorFlags): AsyncGenerator<Finding> {
  const setup = configured(flags)
  if (Array.isArray(setup)) return yield* setup
  const { config, documents, warnings } = setup
  yield fine('configuration', `can be read; backend ${config.backend}`)
  for (const found of warnings) yield { level: 'warning', subject: 'configuration', found }
  const { examine } = await import('../service/index.ts')
  yield* examine(config, documents, { role: flags.for, clock: systemClock })
}

/** The configuration, or what is wrong with it. */
function configured(flags: DoctorFlags): Setup | Finding[] {
  try {
    return read(flags)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return problemsOf('configuration', error).map(({ source, field, cause, next }) => ({
      level: 'problem',
      subject: field === '' ? source : `${source}: ${field}`,
      found: cause,
      next,
    }))
  }
}

/** Strangers have a say in it: what AWS, a registry and a proxy answer. */
function line({ level, subject, found, next }: Finding): string {
  const text = `${level.padEnd(8)} ${printable(subject, 200)}: ${below(found, 600)}`
  return next === undefined ? text : `${text}${indent}→ ${below(next, 400)}`
}

const indent = `\n${' '.repeat(9)}`
const maxLines = 20

/** On lines of its own what is told on several: below the subject, so that no stranger's line looks like one of ours. */
function below(text: string, most: number): string {
  const lines = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(line => printable(line, most))
  const shown = lines.length > maxLines ? [...lines.slice(0, maxLines - 1), '…'] : lines
  return shown.join(indent)
}
