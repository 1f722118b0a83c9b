import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { testDatabase } from '../../src/core/mmdb/test-database.ts'
import type { Assets } from '../../src/core/index.ts'
import { MillraceError } from '../../src/lib/index.ts'

/* Files of enrichments: small ones, in the place of those that people have. */

const names = (en: string) => ({ names: { en, de: `${en} (de)` } })

const files: Readonly<Record<string, Uint8Array | string>> = {
  'GeoLite2-City.mmdb': testDatabase({
    country: { iso_code: 'DE', ...names('Germany') },
    subdivisions: [{ iso_code: 'BY', ...names('Bav\taria') }],
    city: names('Munich'),
    postal: { code: '80331' },
    location: { latitude: 48.1375, longitude: 11.575, time_zone: 'Europe/Berlin' },
  }),
  'GeoIP2-ISP.mmdb': testDatabase({
    isp: 'an ISP',
    organization: 'an\norganization',
    autonomous_system_number: 64512,
  }),
  'GeoIP2-Domain.mmdb': testDatabase({ domain: 'example.net' }),
  'GeoIP2-Connection-Type.mmdb': testDatabase({ connection_type: 'Cable/DSL' }),
  'GeoLite2-ASN.mmdb': testDatabase({
    autonomous_system_number: 64500,
    autonomous_system_organization: 'AS of tests',
  }),
  'referers.json': JSON.stringify({
    search: {
      Google: { domains: ['www.google.com', 'google.com'], parameters: ['q'] },
      Bing: { domains: ['bing.com'], parameters: ['q'] },
    },
    social: { Facebook: { domains: ['facebook.com', 'm.facebook.com'] } },
  }),
  'ip_exclude_current_cidr.txt': '# a comment\n81.2.69.0/24\n2001:db8::/32\n1.2.3.4\n',
  'include_current.txt': 'mozilla|1|0\ncurl|1|1\nopera|0|0|01/01/2020\n',
  'exclude_current.txt': 'bot|1|robot exception|0|2|0\nspider|1||0|0|1\ncurl|0||1|1|0|12/31/2019\n',
  'bot-asns.csv': 'ASN,Entity\n64500,"Hosting"\nAS64512,Other\n',
  'regexes.yaml': [
    'user_agent_parsers:',
    "  - regex: '(Chrome|Googlebot)/(\\d+)(?:\\.(\\d+))?'",
    "  - regex: '((?:[a-z]+;? )+)Bot'",
    'os_parsers:',
    "  - regex: '(Windows NT|Android) ([\\d.]+)'",
    'device_parsers:',
    "  - regex: '; ([^;/]+) Build/'",
    "    device_replacement: 'Device $1'",
    "    brand_replacement: 'Brand'",
    '',
  ].join('\n'),
}

/** What the parameters of a file say. */
export const fileAt = (database: string) => ({ uri: 'file:///fuzz', database })

const bundled = readFileSync(fileURLToPath(import.meta.resolve('uap-core/regexes.yaml')))

function bytesOf(uri: string): Uint8Array | undefined {
  if (uri === 'bundled:uap-core/regexes.yaml') return bundled
  const name = uri.replace('file:///fuzz/', '')
  const file = Object.hasOwn(files, name) ? files[name] : undefined
  return typeof file === 'string' ? Buffer.from(file) : file
}

/**
 * Files in memory, changed by `change` before they are read. As in the room of assets, what a reader throws refuses the
 * file; but only what readers may throw.
 */
export function newAssets(change: (bytes: Uint8Array) => Uint8Array = bytes => bytes): Assets {
  return {
    async open(uri, load) {
      const bytes = bytesOf(uri)
      if (bytes === undefined)
        throw new MillraceError('asset', `there is no file ${uri}`, { retryable: true })
      try {
        return { current: load(change(bytes)) }
      } catch (error) {
        // What `JSON.parse`, readers of lists and the one of YAML refuse files with.
        const refusal = error instanceof RangeError || error instanceof SyntaxError || isYamlError(error)
        if (!refusal || isStackOverflow(error)) throw error
        throw new MillraceError('asset', `${uri} is refused: ${error.message}`, {
          retryable: false,
          cause: error,
        })
      }
    },
  }
}

/** Of aliases, which nobody reads, the library says a ReferenceError. */
function isYamlError(error: unknown): error is Error {
  if (error instanceof ReferenceError) return error.message.startsWith('Alias ')
  return error instanceof Error && error.name.startsWith('YAML')
}

function isStackOverflow(error: Error): boolean {
  return error.message === 'Maximum call stack size exceeded'
}
