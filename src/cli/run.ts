import { Command } from 'commander'
import { becomeLean, systemClock } from '../lib/index.ts'
import { startObservation } from './observation.ts'
import { override, readSetup, takesDirectory, takesDocuments, type ConfigFlags } from './setup.ts'
import { stopSignal, unlessStopped } from './stop-signal.ts'

interface RunFlags extends ConfigFlags {
  readonly directory?: string
  readonly threads?: string
}

/** `millrace run`: one enrich worker, until SIGTERM, Ctrl-C or the end of its machine, which drain it. */
export function runCommand(): Command {
  const command = new Command('run').description('run an enrich worker; start as many as you like')
  return takesDirectory(takesDocuments(command))
    .option('--threads <number>', 'enrichment threads; 0: on the main thread')
    .action(run)
}

async function run(flags: RunFlags): Promise<void> {
  becomeLean()
  const { config, documents, warnings } = readSetup(flags, {
    flags: [
      ...override('--directory', 'embedded.directory', flags.directory),
      ...override('--threads', 'worker.threads', flags.threads),
    ],
  })
  const { startInstanceWatch, startWorker } = await import('../service/index.ts')
  const observation = await startObservation(config, {
    log: { fields: { worker: config.worker.name } },
    reporters: ['worker'],
    warnings,
  })
  const asked = stopSignal()
  const stopping = new AbortController()
  const parts = { clock: systemClock, observe: observation.observe, stopping: stopping.signal }
  const instance = await startInstanceWatch(config, parts)
  const stop = Promise.race([asked, instance.ending])
  void stop.then(() => stopping.abort())
  // A supervisor that starts this again on a machine that is going away must not make shards change hands twice.
  if (!instance.isEnding) {
    const worker = await unlessStopped(stopping.signal, startWorker(config, documents, parts))
    await worker?.stop(await stop)
  }
  await instance.finish()
  await observation.stop()
}
