// An enrichment thread's program: one packed batch in, one packed reply out, until the thread is ended.
import { parentPort, workerData } from 'node:worker_threads'
import { RemoteAssets, type AssetSent, type AssetWanted } from '../assets/index.ts'
import type { Observe } from '../observe/index.ts'
import { buildCore, type CoreSetup } from './core-setup.ts'
import { runJob } from './job.ts'
import { replyOf, type Reply, type Told } from './reply.ts'

const setup: CoreSetup = workerData
const observe: Observe = event => tell({ event })
const assets = new RemoteAssets(tell, observe)
const built = buildCore(setup, observe, assets)
// What is wrong with the configuration is told to whoever sends the first batch.
built.catch(() => {})

parentPort?.on('message', (message: ArrayBuffer | AssetSent) => {
  if (!(message instanceof ArrayBuffer)) return assets.receive(message)
  void answer(message).then(reply =>
    parentPort?.postMessage(reply, 'outputs' in reply ? [reply.outputs] : []),
  )
})

function tell(told: Told | AssetWanted): void {
  parentPort?.postMessage(told, [])
}

async function answer(job: ArrayBuffer): Promise<Reply> {
  const failed = await built.then(
    () => undefined,
    (error: unknown): Reply => ({ ...replyOf(error), unbuilt: true }),
  )
  if (failed !== undefined) return failed
  try {
    const { core, begin, costs } = await built
    begin()
    const outputs = await runJob(core, job)
    const enrichments = costs()
    if (enrichments.length > 0) tell({ event: { type: 'enrichments-measured', enrichments } })
    return { outputs }
  } catch (error) {
    return replyOf(error)
  }
}
