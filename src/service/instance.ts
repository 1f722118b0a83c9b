import type { QueryClient } from '../backends/aws/index.ts'
import type { Config } from '../config/index.ts'
import {
  Ec2Metadata,
  LifecycleAction,
  metadataEndpoint,
  readIdentity,
  watchInstance,
  type Identity,
  type Notice,
} from '../instance/index.ts'
import { MillraceError } from '../lib/index.ts'
import { LateWatch, unwatched, type InstanceWatch } from './instance-watch.ts'
import type { ServiceParts } from './service-parts.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** How long a machine that is none of EC2's may hold up a start. */
const firstAnswerMs = 1000
const answerMs = 2000

/**
 * Watches for notices that this machine is going away, where the configuration wants it: by itself on the aws backend,
 * where the metadata service answers, now or within some minutes. Resolves after the first look, or when there was no
 * answer to the first question. Rejects with a MillraceError when it should and cannot.
 */
export async function startInstanceWatch(
  config: Config,
  parts: ServiceParts,
  environment: Environment = process.env,
): Promise<InstanceWatch> {
  const { watch, hook } = config.lifecycle
  if (watch === 'never' || (watch === 'auto' && config.backend !== 'aws')) return unwatched
  const endpoint = metadataEndpoint(environment)
  if (endpoint === undefined && watch === 'auto') {
    parts.observe({ type: 'instance-unwatched', reason: 'the metadata service is switched off' })
    return unwatched
  }
  if (endpoint === undefined) {
    const message = 'lifecycle.watch: the metadata service is switched off; unset AWS_EC2_METADATA_DISABLED'
    throw new MillraceError('config', message, { retryable: false })
  }
  // Not only when the machine is going away.
  if (hook !== undefined) autoScalingEndpoint(environment)
  const open = async (timeoutMs: number): Promise<InstanceWatch> => {
    const identity = await readIdentity(new Ec2Metadata({ endpoint, timeoutMs }))
    parts.observe({ type: 'instance-watched', ...identity })
    const metadata = new Ec2Metadata({ endpoint, timeoutMs: answerMs })
    const started = new Watch(metadata, identity, { config, parts, environment })
    await started.looked
    return started
  }
  try {
    return await open(firstAnswerMs)
  } catch (error) {
    if (watch === 'auto' && error instanceof MillraceError) return new LateWatch(() => open(answerMs), parts)
    throw error
  }
}

/** Absent: AWS's own. Throws a MillraceError for an address that is none. */
function autoScalingEndpoint(environment: Environment): string | undefined {
  const names = ['AWS_ENDPOINT_URL_AUTO_SCALING', 'AWS_ENDPOINT_URL']
  const name = names.find(name => environment[name] !== undefined)
  const endpoint = name === undefined ? undefined : environment[name]
  if (endpoint === undefined || /^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return endpoint
  const message = `${name} is ${endpoint}; give it an address such as http://127.0.0.1:4566, or leave it out`
  throw new MillraceError('config', message, { retryable: false })
}

interface WatchParts {
  readonly config: Config
  readonly parts: ServiceParts
  readonly environment: Environment
}

class Watch implements InstanceWatch {
  readonly ending: Promise<string>
  /** Resolves after the first look. */
  readonly looked: Promise<void>
  readonly #over = new AbortController()
  readonly #identity: Identity
  readonly #parts: WatchParts
  readonly #watching: Promise<void>
  #isEnding = false
  #action: Promise<Action | undefined> | undefined

  constructor(metadata: Ec2Metadata, identity: Identity, all: WatchParts) {
    this.#identity = identity
    this.#parts = all
    const ending = Promise.withResolvers<string>()
    const looked = Promise.withResolvers<void>()
    this.ending = ending.promise
    this.looked = looked.promise
    const onLook = (notice: Notice | undefined) => {
      this.#isEnding ||= notice !== undefined
      looked.resolve()
    }
    this.#watching = this.#watch(metadata, onLook, ending.resolve)
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  async #watch(
    metadata: Ec2Metadata,
    onLook: (notice: Notice | undefined) => void,
    end: (reason: string) => void,
  ): Promise<void> {
    const { config, parts } = this.#parts
    const { pollMs, rebalance } = config.lifecycle
    const signal = this.#over.signal
    const notice = await watchInstance({ metadata, pollMs, rebalance, ...parts, signal, onLook })
    if (notice === undefined) return
    end(notice.kind)
    this.#action = this.#openAction()
    const open = await this.#action
    open?.action.prolong()
  }

  async finish(): Promise<void> {
    this.#over.abort()
    await this.#watching
    const open = await this.#action
    if (open === undefined) return
    await open.action.complete()
    open.client.close()
  }

  async #openAction(): Promise<Action | undefined> {
    const { config, parts, environment } = this.#parts
    const { hook, group } = config.lifecycle
    if (hook === undefined) return undefined
    const { QueryClient } = await import('../backends/aws/index.ts')
    const { instanceId, region } = this.#identity
    const endpoint = autoScalingEndpoint(environment)
    const service = { name: 'autoscaling', version: '2011-01-01', region }
    const client = new QueryClient(
      { ...service, ...(endpoint !== undefined && { endpoint }) },
      { clock: parts.clock, timeoutMs: 5000 },
    )
    const action = new LifecycleAction({
      call: (name, parameters) => client.call(name, parameters),
      instanceId,
      hook,
      ...(group !== undefined && { group }),
      ...parts,
    })
    return { client, action }
  }
}

interface Action {
  readonly client: QueryClient
  readonly action: LifecycleAction
}
