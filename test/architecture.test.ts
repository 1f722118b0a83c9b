import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', 'src')

/** Which rooms each room may look into. Arrows point down only; docs/architecture.md draws the same table. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  observe: ['lib'],
  config: ['lib'],
  iglu: ['lib'],
  streams: ['lib'],
  core: ['iglu', 'lib'],
  assets: ['core', 'observe', 'lib'],
  parity: ['core', 'lib'],
  lookups: ['core', 'observe', 'lib'],
  scripts: ['core', 'lib'],
  leases: ['streams', 'observe', 'lib'],
  delivery: ['leases', 'streams', 'observe', 'lib'],
  backends: ['delivery', 'leases', 'streams', 'observe', 'lib'],
  collector: ['core', 'streams', 'observe', 'lib'],
  instance: ['observe', 'lib'],
  'aws-local': ['streams', 'observe', 'lib'],
  worker: ['assets', 'lookups', 'scripts', 'core', 'delivery', 'leases', 'streams', 'iglu', 'observe', 'lib'],
  service: [
    'worker',
    'collector',
    'backends',
    'instance',
    'aws-local',
    'delivery',
    'leases',
    'streams',
    'assets',
    'lookups',
    'scripts',
    'core',
    'iglu',
    'observe',
    'config',
    'lib',
  ],
  cli: [
    'service',
    'parity',
    'aws-local',
    'worker',
    'collector',
    'backends',
    'delivery',
    'streams',
    'leases',
    'assets',
    'lookups',
    'scripts',
    'core',
    'iglu',
    'observe',
    'config',
    'lib',
  ],
  index: [
    'service',
    'worker',
    'collector',
    'backends',
    'delivery',
    'streams',
    'leases',
    'assets',
    'lookups',
    'scripts',
    'core',
    'iglu',
    'observe',
    'config',
    'lib',
  ],
}

const aid = /\.(test|contract)\.ts$|(^|\/)test-/

interface Import {
  readonly file: string
  readonly target: string
}

function imports(): Import[] {
  const statement = /^\s*(?:import|export)\b[^'"]*?\bfrom\s+'([^']+)'|\bimport\('([^']+)'\)/gm
  return globSync('**/*.ts', { cwd: root })
    .filter(file => !aid.test(file))
    .flatMap(file =>
      [...readFileSync(join(root, file), 'utf8').matchAll(statement)].map(([, from, dynamic]) => ({
        file,
        target: from ?? dynamic ?? '',
      })),
    )
}

const roomOf = (path: string) => path.split('/')[0]?.replace(/\.ts$/, '') ?? ''
const targetPath = ({ file, target }: Import) => relative(root, join(root, dirname(file), target))

test('every folder of src is a room of the table', () => {
  const rooms = new Set(globSync('**/*.ts', { cwd: root }).map(roomOf))
  assert.deepEqual([...rooms].filter(room => !(room in mayImport)).sort(), [])
})

test('imports between rooms point down, as the table has them', () => {
  const wrong = imports()
    .filter(({ target }) => target.startsWith('.'))
    .filter(entry => roomOf(targetPath(entry)) !== roomOf(entry.file))
    .filter(entry => mayImport[roomOf(entry.file)]?.includes(roomOf(targetPath(entry))) !== true)
    .map(entry => `${entry.file} imports ${targetPath(entry)}`)
  assert.deepEqual(wrong, [])
})

test('a room is entered through its door', () => {
  const wrong = imports()
    .filter(({ target }) => target.startsWith('.'))
    .filter(entry => roomOf(targetPath(entry)) !== roomOf(entry.file))
    .filter(entry => !/^[^/]+(\/[^/]+)?\/index\.ts$/.test(targetPath(entry)))
    .map(entry => `${entry.file} imports ${targetPath(entry)}`)
  assert.deepEqual(wrong, [])
})

test('core opens nothing: no file, no network, no clock, no environment', () => {
  const forbidden =
    /^node:(fs|net|http|https|http2|dns|child_process|worker_threads|timers|process|os|sqlite)/
  const opened = imports()
    .filter(({ file, target }) => roomOf(file) === 'core' && forbidden.test(target))
    .map(({ file, target }) => `${file} imports ${target}`)
  const looks = globSync('core/**/*.ts', { cwd: root })
    .filter(file => !aid.test(file))
    .filter(file =>
      /\b(Date\.now\(|process\.(env|argv|hrtime|cwd)|performance\.now|setTimeout\(|Math\.random|randomUUID)/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    )
  assert.deepEqual([...opened, ...looks], [])
})

test('the doubles of AWS are loaded only by who asks for them', () => {
  const statement = /^\s*(?:import|export)\b(?! type)[^'"]*?\bfrom\s+'[^']*\/aws-local\/index\.ts'/gm
  const loading = globSync('**/*.ts', { cwd: root }).filter(
    file => !aid.test(file) && statement.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(loading, [])
})

test('lib knows no word of the domain', () => {
  const words = /\b(snowplow|kinesis|shard|lease|enrich|iglu|tracker)/i
  const wrong = globSync('lib/**/*.ts', { cwd: root }).filter(
    file => file !== 'lib/error.ts' && words.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(wrong, [])
})
