import { once } from 'node:events'
import { writeSync } from 'node:fs'
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
setInterval(() => {
  const number = Atomics.load(beat, 0)
  if (number !== last) [last, since] = [number, performance.now()]
  if (performance.now() - since < hangMs) return
  // The main thread cannot print it.
  writeSync(2, `fuzz: ${name}: no end of payload ${number - 1} after ${hangMs} ms\n`)
  process.kill(process.pid, 'SIGKILL')
}, 1000)

const ports = await Promise.all([httpServer(), postgresServer(), mysqlServer()].map(portOf))
parentPort?.postMessage(ports)
