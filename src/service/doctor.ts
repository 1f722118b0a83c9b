import { openAssets } from '../assets/index.ts'
import { checkDirectory, openEmbedded } from '../backends/embedded/index.ts'
import type { Config } from '../config/index.ts'
import { Ec2Metadata, metadataEndpoint, readIdentity } from '../instance/index.ts'
import { parseSelfDescribing, resolverConfigOf, schemaKey, type Registry } from '../iglu/index.ts'
import {
  fine,
  membersOf,
  MillraceError,
  problemOf,
  readVersion,
  type Clock,
  type Finding,
} from '../lib/index.ts'
import { unobserved } from '../observe/index.ts'
import { buildCore } from '../worker/index.ts'
import { hasPipeline } from './backend.ts'
import type { Role } from './role.ts'
import type { Documents } from './running.ts'
import { assetSettings, coreOptions } from './worker.ts'

export interface DoctorOptions {
  readonly role: Role
  readonly clock: Clock
}

/** Everything that a process of this role needs from outside, looked at without starting it. */
export async function* examine(
  config: Config,
  documents: Documents,
  options: DoctorOptions,
): AsyncGenerator<Finding> {
  yield fine('versions', `millrace ${readVersion()}, Node.js ${process.version}`)
  if (options.role === 'run') {
    yield* await checkRegistries(documents.igluConfig)
    yield* await checkEnrichments(config, documents)
  }
  yield* await checkInstance(config)
  if (config.backend === 'embedded') yield* await checkEmbedded(config, options)
  else {
    const { checkAws } = await import('../backends/aws/index.ts')
    const { checkupOptions } = await import('./aws.ts')
    yield* checkAws(checkupOptions(config, options.role, options.clock))
  }
}

/** Whether notices that the machine goes away would be seen. */
async function checkInstance(config: Config): Promise<Finding[]> {
  const { watch, hook } = config.lifecycle
  const subject = 'instance metadata'
  if (watch === 'never' || (watch === 'auto' && config.backend !== 'aws')) return []
  try {
    const endpoint = metadataEndpoint(process.env)
    if (endpoint === undefined)
      return [fine(subject, 'is switched off: nobody sees that the machine goes away')]
    const { instanceId, region } = await readIdentity(new Ec2Metadata({ endpoint, timeoutMs: 1000 }))
    const action =
      hook === undefined ? 'no lifecycle action is completed' : `the action of ${hook} is completed`
    return [fine(subject, `answers: ${instanceId} in ${region}; ${action}`)]
  } catch (error) {
    const problem = told(subject, error)
    if (watch === 'always') return [problem]
    return [fine(subject, 'does not answer: this is no EC2 instance, or a container that may not ask it')]
  }
}

/** A schema that every public registry has. That one has it not is an answer as well. */
const knownSchema = schemaKey('com.snowplowanalytics.snowplow', 'payload_data', '1-0-4')

async function checkRegistries(igluConfig: unknown): Promise<Finding[]> {
  try {
    const { registries } = resolverConfigOf(igluConfig)
    return await Promise.all(registries.map(checkRegistry))
  } catch (error) {
    return [told('Iglu resolver', error)]
  }
}

async function checkRegistry(registry: Registry): Promise<Finding> {
  const subject = `Iglu registry ${registry.name}`
  const answer = await registry.lookup(knownSchema)
  switch (answer.kind) {
    case 'found':
    case 'notFound':
      return fine(subject, 'answers')
    case 'refused':
      return {
        level: 'warning',
        subject,
        found: `answers, but not as a registry does: ${answer.message}`,
        next: 'look at its address and API key in the resolver configuration',
      }
    case 'down': {
      const [found = '', next = 'look at its address and the network; shards whose events need it wait'] =
        answer.message.split('; ')
      return { level: 'problem', subject, found, next, retryable: true }
    }
  }
}

async function checkEnrichments(config: Config, documents: Documents): Promise<Finding[]> {
  const subject = 'enrichments'
  try {
    // Not from the directory that keeps files: whether they can be had now is the question.
    const { directory: _, ...fetching } = assetSettings(config)
    const setup = { core: coreOptions(config), scripts: config.enrich.scripts, ...documents }
    const { warnings, close } = await buildCore(setup, unobserved, openAssets(fetching))
    await close()
    const { length } = documents.enrichments
    const enabled = documents.enrichments.filter(isEnabled).length
    return [
      fine(subject, `${length} ${length === 1 ? 'configuration' : 'configurations'}, ${enabled} enabled`),
      ...warnings.map(found => ({ level: 'warning', subject, found }) as const),
    ]
  } catch (error) {
    return [told(subject, error)]
  }
}

function isEnabled(document: unknown): boolean {
  const described = parseSelfDescribing(document)
  return typeof described === 'object' && membersOf(described.data).enabled === true
}

async function checkEmbedded(config: Config, { clock }: DoctorOptions): Promise<Finding[]> {
  const { directory } = config.embedded
  const findings = checkDirectory(directory)
  if (findings.some(({ level }) => level === 'problem') || !hasPipeline(config)) return findings
  return [...findings, await checkFiles(config, clock)]
}

/** Whether the files that are there can be used by this version. */
async function checkFiles(config: Config, clock: Clock): Promise<Finding> {
  const { directory } = config.embedded
  const { name } = config.streams.raw
  const subject = `files in ${directory}`
  const backend = openEmbedded({ directory, clock })
  try {
    if (!(await backend.hasStream(name))) return fine(subject, `${name} is not there yet: a start makes it`)
    const shards = await backend.listShards(name)
    const open = shards.filter(({ endingSequence }) => endingSequence === undefined).length
    return fine(subject, `SQLite ${process.versions['sqlite']}, ${open} open shards in ${name}`)
  } catch (error) {
    return told(subject, error)
  } finally {
    await backend.close()
  }
}

/** A failure outside as a problem; a bug stays one. */
function told(subject: string, error: unknown): Finding {
  if (!(error instanceof MillraceError)) throw error
  return problemOf(subject, error)
}
