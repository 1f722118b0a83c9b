import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A first build fetches some 25 MB. */
const buildMs = 240_000

/** What Java needs to run the program, or why it cannot be had here. */
export type JavaProgram = { readonly classpath: string } | { readonly missing: string }

/** The Java worker with this version of the Kinesis Client Library. */
export function buildJava(kclVersion: string): Promise<JavaProgram> {
  const project = join(import.meta.dirname, 'java')
  return build({ project, library: 'kcl', version: kclVersion })
}

interface JavaProject {
  /** The folder of its pom.xml, which builds into `target/LIBRARY-VERSION`. */
  readonly project: string
  /** What its property `LIBRARY.version` is the version of. */
  readonly library: string
  readonly version: string
}

/** Compiles a program against this version of its library; over the network only if it must. */
export async function build({ project, library, version }: JavaProject): Promise<JavaProgram> {
  for (const [command, flag] of [
    ['java', '-version'],
    ['mvn', '--version'],
  ] as const) {
    const { code } = await run(command, [flag], { cwd: project, timeout: 60_000 })
    if (code !== 0) return { missing: `there is no ${command} here` }
  }
  const target = join(project, 'target', `${library}-${version}`)
  const listed = join(target, 'classpath')
  const goals = ['compiler:compile', 'dependency:build-classpath', `-Dmdep.outputFile=${listed}`]
  const args = ['-q', '-B', ...goals, `-D${library}.version=${version}`]
  let said = ''
  for (const reach of [['-o'], []]) {
    const { code, output } = await run('mvn', [...reach, ...args], { cwd: project, timeout: buildMs })
    if (code === 0) return { classpath: `${join(target, 'classes')}:${readFileSync(listed, 'utf8').trim()}` }
    said = output
  }
  const error = /^\[ERROR\] .*/m.exec(said)?.[0].slice(0, 300) ?? 'it did not end in time'
  return { missing: `mvn does not build with ${library} ${version}: ${error}` }
}

interface Run {
  /** Undefined: it could not be started, or was ended by a signal. */
  readonly code: number | undefined
  readonly output: string
}

interface RunOptions {
  readonly cwd: string
  /** Milliseconds. */
  readonly timeout: number
}

function run(command: string, args: readonly string[], options: RunOptions): Promise<Run> {
  return new Promise(resolve => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const pipe of [child.stdout, child.stderr])
      pipe.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', () => resolve({ code: undefined, output }))
    child.once('close', code => resolve({ code: code ?? undefined, output }))
  })
}
