// A thread that misbehaves when its record says so. For tests only.
import assert from 'node:assert/strict'
import { parentPort } from 'node:worker_threads'
import type { Core } from '../core/index.ts'
import { MillraceError } from '../lib/index.ts'
import { runJob } from './job.ts'
import { replyOf, type Reply } from './reply.ts'

const core: Core = {
  process({ data }) {
    const word = Buffer.from(data).toString()
    if (word === 'loop') for (;;);
    if (word.startsWith('burn ')) burn(Number(word.split(' ')[1]))
    if (word === 'exit') process.exit(7)
    if (word === 'later') later = () => assert.fail('nobody waits for this')
    if (word === 'bug') throw new Error('a bug')
    if (word.startsWith('open ')) {
      const event = { type: 'circuit-changed', enrichment: word.slice(5), state: 'open' }
      parentPort?.postMessage({ event }, [])
    }
    if (word === 'tell')
      parentPort?.postMessage({ event: { type: 'iglu-outage', registry: 'r', error: 'e' } }, [])
    if (word === 'outage') throw new MillraceError('iglu', 'registry is down', { retryable: true })
    return []
  },
  emit(outcomes, { data }) {
    const made = { partitionKey: 'k', index: 0, output: 0 }
    const [outcome] = outcomes
    if (outcome?.kind === 'bad' && outcome.row.type === 'generic_error') {
      return [{ ...made, kind: 'bad', data: Buffer.from(outcome.row.errors.join()) }]
    }
    return [{ ...made, kind: 'good', data }]
  },
}

/** Keeps a processor busy. */
function burn(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** Breaks this thread when its batch is answered. */
let later = () => {}

parentPort?.on('message', (job: ArrayBuffer) => {
  void runJob(core, job)
    .then((outputs): Reply => ({ outputs }), replyOf)
    .then(reply => parentPort?.postMessage(reply, []))
    .then(() => setImmediate(later))
})
