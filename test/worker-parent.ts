// The parent of one worker process, for tests that kill it: takes its orders by message, sends events and the pid back.
import { systemClock } from '../src/lib/index.ts'
import { startWorkerProcess } from '../src/service/index.ts'

export type Orders = Parameters<typeof startWorkerProcess>[1]

process.once('message', ({ config, documents }: Orders) => {
  const parts = { clock: systemClock, observe: (event: object) => void process.send?.({ event }) }
  void startWorkerProcess('worker-1', { config, documents }, parts).then(({ pid }) => process.send?.({ pid }))
})
