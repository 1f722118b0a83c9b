// Makes a fresh clone runnable. Plain JavaScript: it is the one file that an old Node must be able to run.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pinned = '24.21.0'
const oldest = 24

/** Returns the Node to use and an environment in which `node` means that one. Installs what is missing. */
export async function prepare() {
  const node = ownNodeIsEnough() ? process.execPath : pinnedNode()
  // Types are stripped from each file once, not at every start of every process and thread.
  const cache = join(root, 'node_modules', '.cache', 'compiled')
  const env = {
    NODE_COMPILE_CACHE: cache,
    ...process.env,
    PATH: [dirname(node), process.env.PATH ?? ''].join(delimiter),
  }
  if (!dependenciesAreCurrent()) {
    say('installing dependencies')
    withLock(() => dependenciesAreCurrent() || npm(node, ['ci', '--no-audit', '--no-fund'], root, env))
  }
  linkBin()
  return { node, env }
}

function ownNodeIsEnough() {
  return Number(process.versions.node.split('.')[0]) >= oldest
}

/** The pinned Node lives in .node/, outside node_modules, so that `npm ci` does not remove the Node it runs on. */
function pinnedNode() {
  const home = join(root, '.node')
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const direct = process.platform === 'linux' || process.platform === 'win32'
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = join(home, 'node_modules', direct ? name : 'node', 'bin', file)
  if (existsSync(path)) return path
  say(`this machine has Node ${process.versions.node}; bringing Node ${pinned} into .node/`)
  withLock(() => {
    if (existsSync(path)) return
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n')
    // Platform packages carry the binary themselves; elsewhere the `node` package picks one in its install script.
    const what = direct ? ['--ignore-scripts', `${name}@${pinned}`] : [`node@${pinned}`]
    npm(
      process.execPath,
      ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', ...what],
      home,
      process.env,
    )
  })
  return path
}

function dependenciesAreCurrent() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  return existsSync(installed) && statSync(installed).mtimeMs >= lockChangedAt()
}

function lockChangedAt() {
  const lock = join(root, 'package-lock.json')
  return existsSync(lock) ? statSync(lock).mtimeMs : 0
}

/** `npx millrace` in the clone finds this link before it looks anywhere else. */
function linkBin() {
  const link = join(root, 'node_modules', '.bin', 'millrace')
  if (process.platform === 'win32' || existsSync(link)) return
  try {
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync('../../bin/millrace.mjs', link)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
}

function npm(node, args, cwd, env) {
  const cli = process.env.npm_execpath
  const silent = { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }
  try {
    if (cli?.endsWith('.js')) execFileSync(node, [cli, ...args], silent)
    else execFileSync('npm', args, { ...silent, shell: process.platform === 'win32' })
  } catch (error) {
    console.error(String(error.stdout ?? '') + String(error.stderr ?? ''))
    console.error(`millrace: npm ${args[0]} failed in ${cwd}; see above. Is the npm registry reachable?`)
    process.exit(69)
  }
}

/** Two commands started at once on a fresh clone must not both run `npm ci`. A lock whose owner died is taken over. */
function withLock(work) {
  const lock = join(root, '.setup-lock')
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (!alive(lock)) rmSync(lock, { force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
  }
  try {
    work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function alive(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function say(what) {
  console.error(`millrace: ${what} …`)
}
