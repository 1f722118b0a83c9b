import { Command, Option } from 'commander'
import { collectCommand } from './cli/collect.ts'
import { devCommand } from './cli/dev.ts'
import { doctorCommand } from './cli/doctor.ts'
import { enrichCommand } from './cli/enrich.ts'
import { describeError, exitCodeOf } from './cli/exit.ts'
import { leasesCommand } from './cli/leases.ts'
import { lintCommand } from './cli/lint.ts'
import { parityCommand } from './cli/parity.ts'
import { runCommand } from './cli/run.ts'
import { tapCommand } from './cli/tap.ts'
import { testCommand } from './cli/test.ts'
import { topCommand } from './cli/top.ts'
import { readVersion } from './lib/index.ts'

const program = new Command('millrace')
  .description('A highly available, Snowplow-compatible stream enricher.')
  .version(readVersion())
  .option('--debug', 'show where an error came from')
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride()

const commands = [
  devCommand(),
  runCommand(),
  collectCommand(),
  enrichCommand(),
  tapCommand(),
  topCommand(),
  leasesCommand(),
  lintCommand(),
  parityCommand(),
  testCommand(),
  doctorCommand(),
]
for (const command of commands) program.addCommand(inherit(command, program))

/** Commands that are added ready-made inherit nothing by themselves; `--debug` may stand behind any of them, too. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).addOption(new Option('--debug').hideHelp())
  for (const inner of command.commands) inherit(inner, command)
  return command
}

/** Prints what went wrong, once, and ends: whatever still runs must not keep a failed program alive. */
function fail(error: unknown): void {
  const text = describeError(error, process.argv.includes('--debug'))
  if (text !== '') process.stderr.write(`${text}\n`)
  process.exit(exitCodeOf(error))
}

process.on('uncaughtException', fail)
await program.parseAsync().catch(fail)
