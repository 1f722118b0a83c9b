import { Command } from 'commander'
import {
  ConfigError,
  formatProblem,
  isEnabled,
  printConfig,
  readDocument,
  type Config,
  type Problem,
  type SelfDescribing,
} from '../config/index.ts'
import { openAssets } from '../assets/index.ts'
import { openLookups } from '../lookups/index.ts'
import { configureEnrichments, type EnrichmentTools } from '../core/index.ts'
import { openScripts } from '../scripts/index.ts'
import { resolverConfigOf, SchemaResolver } from '../iglu/index.ts'
import { MillraceError, systemClock } from '../lib/index.ts'
import { enrichmentWords, hookWords } from './enrichment-words.ts'
import { exitCodes } from './exit.ts'
import { standardOutput } from './output.ts'
import { asProblem, problemsOf } from './problems.ts'
import { printable } from './table.ts'
import {
  plain,
  readConfig,
  readEnrichments,
  readIgluConfig,
  takesDocuments,
  type ConfigFlags,
} from './setup.ts'

interface LintFlags extends ConfigFlags {
  readonly print?: boolean
}

/** `millrace lint`: everything that is wrong with a configuration, and nothing is started. */
export function lintCommand(): Command {
  const command = new Command('lint').description('check configuration, resolver and enrichments')
  return takesDocuments(command)
    .option('--print', 'print the configuration that would be in force')
    .addHelpText(
      'after',
      '\nPrints one line per problem. Exits with 0 when there is none, otherwise with 78.',
    )
    .action(lint)
}

async function lint(flags: LintFlags): Promise<void> {
  const problems: Problem[] = []
  const warnings: string[] = []
  const config = await gather(problems, '--config', () =>
    check(readConfig(flags, { onWarning: warning => warnings.push(warning) }), flags),
  )
  const documents = await readDocuments(flags, config ?? readConfig({}), problems)
  const resolver = await gather(problems, '--iglu-config', () => newResolver(documents.igluConfig))
  warnings.push(...(resolver?.warnings ?? []))
  if (problems.length === 0) warnings.push(...emptiness(flags, config, documents))
  let ignored = 0
  if (resolver !== undefined) {
    const tools = { schemas: resolver.schemas, services: await servicesOf(config) }
    const found = await checkEnrichments(documents, tools, problems)
    warnings.push(...found.warnings)
    ignored = found.ignored
  }
  const output = standardOutput()
  for (const problem of problems) await output.line(formatProblem(problem))
  for (const warning of warnings) await output.line(`warning: ${warning}`)
  if (problems.length > 0) process.exitCode = exitCodes.config
  else if (flags.print === true && config !== undefined) await output.line(printConfig(config).trimEnd())
  else {
    const lines = [...documents.enrichments.flatMap(explain), ...explainHooks(config)]
    for (const line of lines) await output.line(line)
    await output.line(summary(documents, ignored))
  }
  await output.flush()
}

/** What `work` gives; its problems are gathered, so that one run tells them all. */
async function gather<T>(
  problems: Problem[],
  source: string,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    problems.push(...problemsOf(source, error))
    return undefined
  }
}

/** Names of columns are known to the core only. */
async function check(config: Config, { config: value }: ConfigFlags): Promise<Config> {
  const { coreOptions } = await import('../service/index.ts')
  try {
    coreOptions(config)
  } catch (error) {
    if (!(error instanceof MillraceError) || value === undefined) throw error
    const [, field = '', cause = error.message] = /^([\w.]+): (.*)$/s.exec(error.message) ?? []
    const { file, line } = readDocument(value, { flag: '--config', environment: process.env }).placeOf(
      field.split('.'),
    )
    throw new ConfigError([{ ...asProblem(`${file}:${line}`, cause), field }])
  }
  return config
}

interface LintedDocuments {
  readonly igluConfig: ReturnType<typeof readIgluConfig>
  readonly enrichments: readonly SelfDescribing[]
}

/** One after the other: a broken resolver configuration must not hide broken enrichments. */
async function readDocuments(
  flags: LintFlags,
  config: Config,
  problems: Problem[],
): Promise<LintedDocuments> {
  const igluConfig = await gather(problems, 'igluConfig', () => readIgluConfig(flags, config))
  const enrichments = await gather(problems, 'enrichments', () => readEnrichments(flags, config))
  return { igluConfig, enrichments: enrichments ?? [] }
}

function newResolver(igluConfig: LintedDocuments['igluConfig']): {
  readonly schemas: SchemaResolver
  readonly warnings: readonly string[]
} {
  const { warnings, ...config } = resolverConfigOf(igluConfig ?? null)
  return { schemas: new SchemaResolver({ ...config, clock: systemClock }), warnings }
}

/** Somebody who names a place of enrichments expects some. */
function emptiness(flags: LintFlags, config: Config | undefined, { enrichments }: LintedDocuments): string[] {
  const place = flags.enrichments ?? config?.enrichments
  if (place === undefined || enrichments.length > 0) return []
  return [`no enrichment is in ${printable(place)}; configurations are files *.json or *.hocon`]
}

/** The files of enrichments are fetched and tried, each once. */
async function servicesOf(config: Config | undefined): Promise<EnrichmentTools['services']> {
  const { assetSettings } = await import('../service/index.ts')
  const yauaa = config?.enrich.yauaa
  return {
    assets: openAssets(config === undefined ? {} : assetSettings(config)),
    lookups: openLookups(),
    scripts: openScripts(config?.enrich.scripts, { rehearse: true }),
    ...(yauaa !== undefined && { yauaa }),
  }
}

interface Checked {
  readonly warnings: readonly string[]
  /** How many are. */
  readonly ignored: number
}

/** Each alone, so that one run tells all problems; then what is to be said of all together, and of none alone. */
async function checkEnrichments(
  { enrichments }: LintedDocuments,
  tools: EnrichmentTools,
  problems: Problem[],
): Promise<Checked> {
  const warnings: string[] = []
  let ignored = 0
  for (const document of enrichments) {
    const { source } = document
    const configured = await gather(problems, source, () => configureEnrichments([plain(document)], tools))
    const found = configured?.warnings ?? []
    warnings.push(...found.map(warning => `${source}: ${warning}`))
    // All of them say that it is ignored.
    if (found.length > 0) ignored += 1
  }
  if (problems.length > 0) return { warnings, ignored }
  const together = await configureEnrichments(enrichments.map(plain), tools)
  const several = together.warnings.filter(warning => warning.startsWith('there are several'))
  return { warnings: [...warnings, ...several], ignored }
}

/** `anon_ip.json: anon_ip 1-0-1 hides …`; nothing of one that is not known: a warning says so. */
function explain(document: SelfDescribing): string[] {
  const { schema, source } = document
  const [, name = schema, version = ''] = /^iglu:[^/]*\/([^/]*)\/[^/]*\/(.*)$/.exec(schema) ?? []
  if (!Object.hasOwn(enrichmentWords, name)) return []
  const what = enrichmentWords[name]
  return [
    `${printable(source)}: ${printable(name)} ${printable(version)} ${what}${isEnabled(document) ? '' : ' (disabled)'}`,
  ]
}

function explainHooks(config: Config | undefined): string[] {
  const inUse = Object.entries(config?.enrich.hooks ?? {}).filter(([, hook]) => hook !== undefined)
  return inUse.map(([name]) => `enrich.hooks.${name} ${hookWords[name] ?? ''}`)
}

function summary({ igluConfig, enrichments }: LintedDocuments, ignored: number): string {
  // What is ignored is enabled: nobody looks at the others.
  const enabled = enrichments.filter(isEnabled).length - ignored
  const resolver = igluConfig === undefined ? 'embedded schemas only' : 'resolver ok'
  const known = enrichments.length - ignored
  const count = known === 1 ? '1 enrichment' : `${known} enrichments`
  const rest = ignored > 0 ? `, ${ignored} ignored` : ''
  return `ok: configuration ok, ${resolver}, ${count} (${enabled} enabled)${rest}`
}
