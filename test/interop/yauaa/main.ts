// `npm run interop:yauaa [-- --yauaa VERSION] [-- -- OPTIONS of golden]`: Enrich's own test cases with the real Yauaa at the other
// end of the enrichment. Needs Java and Maven; without them it says so. Exit code: that of the golden run.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../build.ts'

const { values, positionals } = parseArgs({
  options: { yauaa: { type: 'string', default: '7.11.0' } },
  allowPositionals: true,
})

const say = (line: string) => console.error(`interop: ${line}`)
const program = await build({ project: import.meta.dirname, library: 'yauaa', version: values.yauaa })
if ('missing' in program) say(`skipped: ${program.missing}`)
else process.exitCode = await run(program.classpath)

async function run(classpath: string): Promise<number> {
  const service = spawn('java', ['-Xmx1g', '-XX:+UseSerialGC', '-cp', classpath, 'interop.Yauaa'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => service.kill())
  try {
    const url = await urlOf(service)
    say(`Yauaa ${values.yauaa} on ${url}`)
    const golden = join(import.meta.dirname, '../../compat/golden.ts')
    const env = { ...process.env, MILLRACE_YAUAA_URL: url }
    const child = spawn(process.execPath, [golden, ...positionals], { stdio: 'inherit', env })
    const [code]: unknown[] = await once(child, 'close')
    return typeof code === 'number' ? code : 1
  } finally {
    service.kill()
  }
}

/** Reading its rules takes it some seconds. */
async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new TypeError('no output to read')
  for await (const line of createInterface(stdout)) {
    const [, port] = /^listening (\d+)$/.exec(line) ?? []
    if (port !== undefined) return `http://127.0.0.1:${port}`
  }
  throw new Error('Yauaa ended before it listened')
}
