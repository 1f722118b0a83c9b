import { Worker } from 'node:worker_threads'

/** Where the services of a run are, all on loopback. */
export interface Outside {
  readonly httpPort: number
  readonly postgresPort: number
  readonly mysqlPort: number
  /** Says that the run goes on, with payload `number`. */
  alive(number: number): void
  stop(): Promise<void>
}

/**
 * The services in a thread of their own, so that their work is not counted as that of core. It also watches: when the
 * run is silent for `hangMs`, it says so with `name` and ends the process, for nothing else can stop an endless loop.
 */
export async function startOutside(name: string, hangMs: number): Promise<Outside> {
  const beat = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL('./outside-thread.ts', import.meta.url), {
    workerData: { beat, name, hangMs },
  })
  const ports = await new Promise<readonly [number, number, number]>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  worker.unref()
  const [httpPort, postgresPort, mysqlPort] = ports
  return {
    httpPort,
    postgresPort,
    mysqlPort,
    alive: number => Atomics.store(beat, 0, number + 1),
    stop: async () => void (await worker.terminate()),
  }
}
