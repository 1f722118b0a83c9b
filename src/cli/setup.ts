import type { Command } from 'commander'
import {
  ConfigError,
  loadConfig,
  loadEnrichments,
  loadIgluConfig,
  type Config,
  type Flag,
  type SelfDescribing,
} from '../config/index.ts'
import { parseResolverConfig } from '../iglu/index.ts'
import { MillraceError } from '../lib/index.ts'
import { problemsOf } from './problems.ts'
import type { Documents } from '../service/index.ts'

/** The flags that Snowplow's programs have, too. */
export interface ConfigFlags {
  readonly config?: string
  readonly igluConfig?: string
  readonly enrichments?: string
}

export interface Setup {
  readonly config: Config
  readonly documents: Documents
  /** What was configured and has no effect. */
  readonly warnings: readonly string[]
}

/** Adds `--config`. */
export function takesConfig(command: Command): Command {
  return command.option('-c, --config <path>', 'configuration: HOCON, YAML or JSON; a path or base64')
}

/** Adds the flags of commands that enrich. */
export function takesDocuments(command: Command): Command {
  return takesConfig(command)
    .option('--iglu-config <path>', "Snowplow's Iglu resolver configuration; a path or base64")
    .option('--enrichments <path>', 'directory of enrichment configurations (*.json, *.hocon), or base64')
}

/** Adds `--directory`, where the embedded backend keeps its files. */
export function takesDirectory(command: Command): Command {
  return command.option('-d, --directory <path>', 'where streams and leases are kept; default: millrace-data')
}

export interface Overrides {
  readonly flags?: readonly Flag[]
  readonly presets?: readonly Flag[]
  /** Told what is accepted and has no effect. */
  readonly onWarning?: (warning: string) => void
}

export function readConfig({ config }: ConfigFlags, overrides: Overrides = {}): Config {
  return loadConfig({ config, environment: process.env, ...overrides })
}

/** Everything that a person configured, read and checked for its form before anything opens. */
export function readSetup(flags: ConfigFlags, overrides: Overrides = {}): Setup {
  const warnings: string[] = []
  const config = readConfig(flags, { onWarning: warning => warnings.push(warning), ...overrides })
  const igluConfig = readIgluConfig(flags, config) ?? null
  const enrichments = readEnrichments(flags, config).map(plain)
  return { config, documents: { igluConfig, enrichments }, warnings }
}

/** Undefined where nobody named one. Checked here already, where the name of its file is known. */
export function readIgluConfig(
  flags: ConfigFlags,
  config: Config,
): { readonly schema: string; readonly data: unknown } | undefined {
  const named = flags.igluConfig ?? config.igluConfig
  if (named === undefined) return undefined
  const document = loadIgluConfig(named, process.env)
  try {
    parseResolverConfig(plain(document))
  } catch (error) {
    if (error instanceof MillraceError) throw new ConfigError(problemsOf(document.source, error), error)
    throw error
  }
  return plain(document)
}

export function readEnrichments(flags: ConfigFlags, config: Config): readonly SelfDescribing[] {
  const named = flags.enrichments ?? config.enrichments
  return named === undefined ? [] : loadEnrichments(named, process.env)
}

export function plain({ schema, data }: SelfDescribing): { schema: string; data: unknown } {
  return { schema, data }
}

/** A flag that overrides one field of the configuration, when it was given. */
export function override(name: string, field: string, value: unknown): Flag[] {
  return value === undefined ? [] : [{ name, field: field.split('.'), value }]
}
