import { Command, Option } from 'commander'
import { systemClock } from '../lib/index.ts'
import { duration, instant } from './arguments.ts'
import { openCore } from './core.ts'
import { EnrichJob, type EnrichJobOptions } from './enrich-job.ts'
import { inputFormats } from './input.ts'
import { profileTable } from './profile-table.ts'
import { readSetup, takesDocuments, type ConfigFlags } from './setup.ts'

interface EnrichFlags extends ConfigFlags, EnrichJobOptions {
  readonly profile?: boolean
}

const example = `Two requests that a collector may get, as JSON lines for --format requests:

  {"url": "/i?e=pv&p=web&url=http://example.com/", "headers": {"User-Agent": "…"}}
  {"url": "/com.snowplowanalytics.snowplow/tp2", "method": "POST", "body": {"schema": "iglu:…", "data": […]}}

Also: ipAddress, timestamp, networkUserId.`

/** `millrace enrich`: raw records from files in, events out, and what is bad into a file of its own. */
export function enrichCommand(): Command {
  const command = new Command('enrich')
    .description('enrich raw records from files: events to standard output, bad rows to a file')
    .argument('[file...]', 'files to read; none or -: standard input')
  return takesDocuments(command)
    .addOption(
      new Option(
        '-f, --format <format>',
        'base64: a payload per line; binary: each after its length (4 bytes, big endian); requests: JSON lines; auto: by the first byte',
      )
        .choices(inputFormats)
        .default('auto'),
    )
    .option('--json', 'events as JSON, as the analytics SDKs make it, instead of TSV')
    .option(
      '--bad <file>',
      'where bad rows go; made with the first of them, an older one is replaced',
      'bad.ndjson',
    )
    .option(
      '--failed <file>',
      'where what is left of bad events goes, in the format of events; made with the first of them',
    )
    .option(
      '--pii <file>',
      'where events about pseudonyms go, if an enrichment has emitEvent; made with the first of them',
    )
    .option('--profile', 'print where the time went, to standard error')
    .option(
      '--at <time>',
      'what etl_tstamp says (ISO 8601), to get the same bytes again; default: now',
      instant,
    )
    .addOption(
      new Option('--wait <duration>', 'how long to wait for a schema registry that is down')
        .argParser(duration)
        .default(30_000, '30s'),
    )
    .addHelpText(
      'after',
      `\n${example}\n\nExits with 0 when every event is good, with 65 when there are bad rows.`,
    )
    .action(enrich)
}

async function enrich(files: readonly string[], flags: EnrichFlags): Promise<void> {
  const { core, costs, close } = await openCore(readSetup(flags), {
    emitFailed: flags.failed !== undefined,
    emitPii: flags.pii !== undefined,
    ...(flags.profile === true && { profileEvery: 1 }),
  })
  const job = new EnrichJob(core, flags)
  const began = systemClock.monotonic()
  try {
    for (const file of files.length === 0 ? ['-'] : files) await job.run(file)
  } finally {
    // Also when a later record cannot be done: what was is written.
    await job.finish()
    if (flags.profile === true)
      process.stderr.write(`${profileTable(costs(), systemClock.monotonic() - began).join('\n')}\n`)
    await close()
  }
}
