import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const project = join(import.meta.dirname, 'java')

/** A first build fetches some 25 MB. */
const buildMs = 240_000

/** What Java needs to run the program, or why it cannot be had here. */
export type JavaProgram = { readonly classpath: string } | { readonly missing: string }

/** Compiles the Java worker against this version of the Kinesis Client Library; over the network only if it must. */
export async function buildJava(kclVersion: string): Promise<JavaProgram> {
  for (const [command, flag] of [
    ['java', '-version'],
    ['mvn', '--version'],
  ] as const) {
    const { code } = await run(command, [flag], 60_000)
    if (code !== 0) return { missing: `there is no ${command} here` }
  }
  const build = join(project, 'target', `kcl-${kclVersion}`)
  const listed = join(build, 'classpath')
  const goals = ['compiler:compile', 'dependency:build-classpath', `-Dmdep.outputFile=${listed}`]
  const args = ['-q', '-B', ...goals, `-Dkcl.version=${kclVersion}`]
  let said = ''
  for (const reach of [['-o'], []]) {
    const { code, output } = await run('mvn', [...reach, ...args], buildMs)
    if (code === 0) return { classpath: `${join(build, 'classes')}:${readFileSync(listed, 'utf8').trim()}` }
    said = output
  }
  const error = /^\[ERROR\] .*/m.exec(said)?.[0].slice(0, 300) ?? 'it did not end in time'
  return { missing: `mvn does not build with amazon-kinesis-client ${kclVersion}: ${error}` }
}

interface Run {
  /** Undefined: it could not be started, or was ended by a signal. */
  readonly code: number | undefined
  readonly output: string
}

export function run(command: string, args: readonly string[], timeoutMs: number): Promise<Run> {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    })
    let output = ''
    for (const pipe of [child.stdout, child.stderr])
      pipe.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', () => resolve({ code: undefined, output }))
    child.once('close', code => resolve({ code: code ?? undefined, output }))
  })
}
