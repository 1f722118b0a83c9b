import type { Random } from './random.ts'

/* What strangers send, by what it is sent as. Every list has good values too: what is refused at once reaches nothing. */

/** Short values that somebody may have forgotten. */
const oddTexts = [
  '',
  ' ',
  '\0',
  'a\tb',
  'a\nb\r\n',
  '\u2028\u0085',
  '\ud800',
  'x\udfff',
  '\ufeff',
  '\u007f',
  '\u202e',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '1e-999',
  '9007199254740993',
  '9'.repeat(400),
  '0x10',
  '%',
  '%zz',
  '%00',
  '%ff%fe',
  '%u0041',
  '${jndi:ldap://127.0.0.1/a}',
  '{{user}}',
  "' OR 1=1 --",
  '$1 $& $`',
  '../..',
  '..',
  '.',
  '\\',
  '"',
  '\\u0000',
  '<script>',
  '😀'.repeat(3),
  'İıſK',
  'a\u0300'.repeat(5),
  '::1',
  '{}',
  '[]',
  '{"a":',
]

/** What careless patterns and walks take long for. */
const repeated = [
  'a',
  'a!',
  '1',
  '.',
  ' ',
  '(',
  '[',
  '{"a":',
  '%41',
  ';',
  '&a=',
  '\\',
  '\t',
  'é',
  '\ud83d',
  'x=',
]

function longText(random: Random): string {
  const piece = random.pick(repeated)
  const length = random.pick([300, 1000, 5000, 5000, 40_000])
  return piece.repeat(Math.ceil(length / piece.length)) + random.pick(['', '!', '\0', piece.slice(0, 1)])
}

function randomText(random: Random): string {
  const highest = random.pick([0x7f, 0xff, 0xffff, 0x10ffff])
  return String.fromCodePoint(...random.list(20, () => random.below(highest + 1)))
}

export function anyText(random: Random): string {
  const kind = random.next()
  if (kind < 0.6) return random.pick(oddTexts)
  return kind < 0.95 ? randomText(random) : longText(random)
}

/** One of the good ones, or what is made of it, or anything. */
function around(random: Random, good: readonly string[]): string {
  const kind = random.next()
  if (kind < 0.6) return random.pick(good)
  return kind < 0.8 ? mutateText(random, random.pick(good)) : anyText(random)
}

export function mutateText(random: Random, text: string): string {
  let mutated = text
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(mutated.length + 1)
    const piece = random.chance(0.3)
      ? random.pick('"{}[]%&=:;,./\\?#@|<>()\0\t\n0-'.split(''))
      : shortText(random)
    mutated = mutated.slice(0, at) + piece + mutated.slice(at + random.below(6))
  }
  return mutated
}

function shortText(random: Random): string {
  return anyText(random).slice(0, 12)
}

const agents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (Linux; Android 10; SM-G960F Build/QP1A) AppleWebKit/537.36 Chrome/91.0.4472.77 Mobile Safari/537.36',
  'curl/8.1',
  'HbbTV/1.1.1 (;Panasonic;VIERA 2012;1.261;0071-3103 2000-0000;)',
]

// Parts that many rules of uap-core have, with what they repeat.
const agentPieces = [
  'Android ',
  '; ',
  'Build/',
  'SAMSUNG ',
  'HbbTV/',
  'Mozilla/5.0 (',
  'AppleWebKit/',
  'Linux; U; ',
  '1.',
  'Bot',
  'bot ',
  'spider',
  'compatible; ',
  'SM-',
  'Version/',
  'Mobile ',
  'iPhone OS 1_',
  'Windows NT ',
  'Opera Mini/',
  '-_.',
]

export function userAgent(random: Random): string {
  if (random.chance(0.88)) return around(random, agents)
  const pieces = random.list(4, () => random.pick(agentPieces))
  const length = random.pick([200, 1000, 1000, 4000, 20_000])
  return (random.pick(agents).slice(0, random.below(60)) + `${pieces.join('')}x`.repeat(length)).slice(
    0,
    length,
  )
}

const addresses = [
  '1.2.3.4',
  '81.2.69.160',
  '255.255.255.255',
  '0.0.0.0',
  '127.0.0.1',
  '2001:db8::1',
  '::',
  '::ffff:1.2.3.4',
  '[2001:db8::1]:443',
  'fe80::1%eth0',
  '1.2.3.4:8080',
  '1.2.3.4, 5.6.7.8',
  'unknown',
  '1.2.3',
  '01.02.03.04',
  '4294967295',
  '1:2:3:4:5:6:7:8:9',
]

export function address(random: Random): string {
  if (random.chance(0.5)) return Array.from({ length: 4 }, () => random.below(256)).join('.')
  return around(random, addresses)
}

export const sp = (random: Random): string => around(random, sps)

const base64 = (text: string): string => Buffer.from(text).toString('base64url')
const sps = [
  'a7a2ab1d.1426245561368',
  `a7a2ab1d.1426245561368.s1.${base64('user\0')}.${base64('app')}.web.${base64('why\ttab')}`,
  '.1426245561368',
  'a.',
  'a.99999999999999999999',
  'a.-1',
  'a.'.repeat(3000),
  `a.1426245561368.s.${'_'.repeat(2000)}.%%%.\ud800.`,
  'a.0.....',
]

const queries = [
  'utm_source=a&utm_medium=b&utm_campaign=c&utm_term=d&utm_content=e&gclid=f',
  'gclid=&msclkid=%ff&__proto__=1',
  'q=what%20is+this&x',
  '&&&=&=&',
  'a=b#c?d=e',
  'utm_source=%',
]

export function pageUrl(random: Random): string {
  const host = random.pick([
    'shop.example',
    'www.google.com',
    'facebook.com',
    'a.b.c.d.e.example',
    'xn--bcher-kva.example',
  ])
  const query = random.chance(0.6) ? random.pick(queries) : `utm_term=${encodeLoosely(anyText(random))}`
  const good = `https://${host}/path?${query}&_sp=${encodeLoosely(sp(random))}`
  return around(random, [good, good, good, ...oddUrls])
}

const oddUrls = [
  'http://[::1]:65536/',
  'http://[',
  'HTTP://ÜSER@ümlaut.example:0/%zz?|^`',
  'android-app://com.example/',
  'http://user:pa%73s@shop.example:99999/;a=b',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '//shop.example',
  'http://shop.example/a b?c d#e f',
  'mailto:a@b',
  'http:/',
  `http://shop.example/?${'a=b&'.repeat(3000)}`,
  `http://${'a.'.repeat(3000)}example/`,
]

export function referer(random: Random): string {
  const term = encodeLoosely(anyText(random))
  const known = [
    `https://www.google.com/search?q=${term}&q=b`,
    'http://m.facebook.com/a',
    `http://bing.com/?q=${term}`,
  ]
  return around(random, [...known, 'https://shop.example/in', 'https://other.example', ...oddUrls])
}

/** As trackers write a value in a URL; half a character becomes one that stands for it. */
export function encodeLoosely(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

export function headers(random: Random): string[] {
  const cookie = () =>
    `${random.pick(['sp', 'sid', '__proto__', 'a', ''])}${random.pick(['=', '', '=='])}${anyText(random)}`
  const known = [
    () => `Cookie: ${random.list(6, cookie).join('; ')}`,
    () => 'cookie:sp="quoted"; sid=1;;;=;',
    () => `Cookie: ${'sp=1; '.repeat(2000)}`,
    () => `X-Forwarded-For: ${address(random)}, ${address(random)}`,
    () => `Sec-CH-UA: "Chromium";v="${random.below(200)}", "${shortText(random)}"`,
    () => `User-Agent: ${userAgent(random)}`,
    () => `Referer: ${referer(random)}`,
    () => 'SP-Anonymous: *',
    () => `X-${shortText(random)}: ${anyText(random)}`,
    () => anyText(random),
    () => ':',
  ]
  return random.list(6, () => random.pick(known)())
}

export function currency(random: Random): string {
  return around(random, ['EUR', 'USD', 'GBP', 'JPY', 'KWD', 'XXX', 'eur', '', 'ZZZ', '€'])
}

export function amount(random: Random): string {
  return around(random, [
    '12.50',
    '0',
    '-1',
    '1e3',
    '1e400',
    '1e-400',
    `${'9'.repeat(390)}.5`,
    '.5',
    '1.',
    '0.005',
    '1,5',
  ])
}

export function time(random: Random): string {
  const at = String(
    Date.UTC(2015 + random.below(12), random.below(12), 1 + random.below(28), random.below(24)),
  )
  return around(random, [at, at, at, at, '0', '-1', '253402300800000', '9223372036854775807', '1e12', '1.5'])
}

/** Nearly always one: an event without is of no use to anything. */
export function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.below(16).toString(16)).join('')
  const good = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  return random.chance(0.95) ? good : around(random, [hex, good.toUpperCase()])
}

export function size(random: Random): string {
  return around(random, [
    `${random.below(4000)}x${random.below(4000)}`,
    '0x0',
    '1X2',
    '99999999999x1',
    'x',
    '1x2x3',
  ])
}
