#!/usr/bin/env node
// The program's first line on any Node: the compiled program when installed, the sources when in a clone.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const runner = join(root, 'scripts', 'node.mjs')

if (existsSync(runner)) {
  process.argv.splice(2, 0, join(root, 'src', 'cli.ts'))
  await import('../scripts/node.mjs')
} else if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`millrace: needs Node.js 24 or later, this is ${process.versions.node}.`)
  console.error('Without installing another Node:  npx -y -p node@24 -p millrace millrace …')
  process.exit(69)
} else {
  await import('../dist/cli.js')
}
