// An enrichment thread's program: one packed batch in, one packed reply out, until the thread is ended.
import { parentPort, workerData } from 'node:worker_threads'
import { buildCore, type CoreSetup } from './core-setup.ts'
import { runJob } from './job.ts'
import { replyOf, type Reply } from './reply.ts'

const setup: CoreSetup = workerData
const core = buildCore(setup)

parentPort?.on('message', (job: ArrayBuffer) => {
  void answer(job).then(reply => parentPort?.postMessage(reply, 'outputs' in reply ? [reply.outputs] : []))
})

async function answer(job: ArrayBuffer): Promise<Reply> {
  try {
    return { outputs: await runJob(await core, job) }
  } catch (error) {
    return replyOf(error)
  }
}
