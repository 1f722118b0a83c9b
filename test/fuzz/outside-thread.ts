import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { Session } from 'node:inspector'
import type { Server } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { httpServer } from './outside-http.ts'
import { mysqlServer } from './outside-mysql.ts'
import { postgresServer } from './outside-postgres.ts'

const { beat, name, hangMs } = workerData as { beat: Int32Array; name: string; hangMs: number }

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

let last = -1
let since = performance.now()
const watching = setInterval(() => {
  const number = Atomics.load(beat, 0)
  if (number !== last) [last, since] = [number, performance.now()]
  if (performance.now() - since < hangMs) return
  clearInterval(watching)
  sayWhere(`fuzz: ${name}: no end of payload ${number - 1} after ${hangMs} ms`)
}, 1000)

/** Stops the main thread wherever it is, says where, and ends the process: the main thread cannot. */
function sayWhere(what: string): void {
  const end = (where: string) => {
    writeSync(2, `${what}${where}\n`)
    process.kill(process.pid, 'SIGKILL')
  }
  const session = new Session()
  session.connectToMainThread()
  session.on('Debugger.paused', ({ params }) => {
    const frames = params.callFrames.slice(0, 30)
    end(
      frames
        .map(({ functionName, url, location }) => `\n  ${functionName} ${url}:${location.lineNumber + 1}`)
        .join(''),
    )
  })
  session.post('Debugger.enable')
  session.post('Debugger.pause')
  // It waits, or is deep in a regular expression.
  setTimeout(() => end(', and it is in no JavaScript'), 5000)
}

const ports = await Promise.all([httpServer(), postgresServer(), mysqlServer()].map(portOf))
parentPort?.postMessage(ports, [])
