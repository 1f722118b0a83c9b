import { LRUCache } from 'lru-cache'
import type { AddressSet } from './address-set.ts'
import { matches, type ExcludedAgent, type IncludedAgent } from './iab-lists.ts'
import type { Asset } from './services.ts'

/** Data of the context spiders_and_robots. */
export interface IabVerdict {
  readonly spiderOrRobot: boolean
  readonly category: string
  readonly reason: string
  readonly primaryImpact: string
}

const browser = verdict('BROWSER', 'PASSED_ALL', 'NONE')
const excludedAddress = verdict('SPIDER_OR_ROBOT', 'FAILED_IP_EXCLUDE', 'UNKNOWN')
const notIncluded = verdict('SPIDER_OR_ROBOT', 'FAILED_UA_INCLUDE', 'UNKNOWN')
const excludedByUser = verdict('SPIDER_OR_ROBOT', 'FAILED_UA_EXCLUDE', 'UNKNOWN')

function verdict(category: string, reason: string, primaryImpact: string): IabVerdict {
  return { spiderOrRobot: category !== 'BROWSER', category, reason, primaryImpact }
}

export interface IabLists {
  readonly addresses: Asset<AddressSet>
  readonly included: Asset<readonly IncludedAgent[]>
  readonly excluded: Asset<readonly ExcludedAgent[]>
  /** One's own, in lower case: what has one of these in it is a browser, or a robot. */
  readonly ownIncluded: readonly string[]
  readonly ownExcluded: readonly string[]
}

export interface IabRequest {
  readonly userAgent: string
  /** 4 or 16 bytes; null when the address is not known. */
  readonly address: Uint8Array | null
  /** When it was, ms since the epoch. */
  readonly at: number
}

/** What the lists say of a user agent whenever it comes. */
interface AgentFindings {
  readonly own: IabVerdict | null
  /** Until when it counts as a browser's. */
  readonly includedUntil: number
  readonly excluded: ExcludedAgent | null
}

const maxAgents = 5000
// The columns take no longer ones; what trackers send may be of any length.
const maxAgentLength = 1000

/** Spiders and robots by the lists of the IAB. */
export class IabCheck {
  readonly #lists: IabLists
  readonly #found = new LRUCache<string, AgentFindings>({ max: maxAgents })
  /** The lists that `#found` came from. */
  #used: { readonly included: unknown; readonly excluded: unknown } = { included: null, excluded: null }

  constructor(lists: IabLists) {
    this.#lists = lists
  }

  check({ userAgent, address, at }: IabRequest): IabVerdict {
    const { own, includedUntil, excluded } = this.#find(userAgent)
    if (own !== null) return own
    if (address !== null && this.#lists.addresses.current.has(address)) return excludedAddress
    if (at >= includedUntil) return notIncluded
    if (excluded === null) return browser
    const category = at < excluded.until ? 'ACTIVE_SPIDER_OR_ROBOT' : 'INACTIVE_SPIDER_OR_ROBOT'
    return verdict(category, 'FAILED_UA_EXCLUDE', excluded.primaryImpact)
  }

  #find(userAgent: string): AgentFindings {
    this.#forgetOld()
    const known = this.#found.get(userAgent)
    if (known !== undefined) return known
    const findings = this.#ask(userAgent.toLowerCase())
    if (userAgent.length <= maxAgentLength) this.#found.set(userAgent, findings)
    return findings
  }

  #ask(userAgent: string): AgentFindings {
    const { included, excluded } = this.#lists
    const dates = included.current
      .filter(({ pattern }) => matches(pattern, userAgent))
      .map(({ until }) => until)
    return {
      own: this.#ownVerdict(userAgent),
      includedUntil: dates.reduce((latest, until) => Math.max(latest, until), -Infinity),
      excluded: excluded.current.find(record => isExcluded(record, userAgent)) ?? null,
    }
  }

  #ownVerdict(userAgent: string): IabVerdict | null {
    const { ownIncluded, ownExcluded } = this.#lists
    if (ownIncluded.some(text => userAgent.includes(text))) return browser
    return ownExcluded.some(text => userAgent.includes(text)) ? excludedByUser : null
  }

  #forgetOld(): void {
    const included = this.#lists.included.current
    const excluded = this.#lists.excluded.current
    if (this.#used.included === included && this.#used.excluded === excluded) return
    this.#found.clear()
    this.#used = { included, excluded }
  }
}

function isExcluded({ pattern, exceptions }: ExcludedAgent, userAgent: string): boolean {
  return matches(pattern, userAgent) && !exceptions.some(exception => userAgent.includes(exception))
}
