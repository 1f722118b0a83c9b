#!/usr/bin/env node
// Runs its arguments under Node 24, on a machine with Node 20 or later: `node scripts/node.mjs src/cli.ts dev`.
// Brings what is missing first: a pinned Node from the npm registry, then the dependencies. Silent when all is there.
import { spawn } from 'node:child_process'
import { prepare } from './setup.mjs'

const { node, env } = await prepare()
const child = spawn(node, process.argv.slice(2), { stdio: 'inherit', env })
// The terminal sends Ctrl-C to the whole group; other signals reach only this process, so pass them on.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', error => {
  console.error(`millrace: could not start ${node}: ${error.message}`)
  process.exit(70)
})
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
