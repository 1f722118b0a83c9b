import { Command } from 'commander'
import { systemClock } from '../lib/index.ts'
import { startObservation } from './observation.ts'
import { explainPort } from './port-taken.ts'
import { override, readConfig, takesConfig, takesDirectory, type ConfigFlags } from './setup.ts'
import { stopSignal, unlessStopped } from './stop-signal.ts'

interface CollectFlags extends ConfigFlags {
  readonly directory?: string
  readonly host?: string
  readonly port?: string
}

/** `millrace collect`: the HTTP collector, until SIGTERM or Ctrl-C. */
export function collectCommand(): Command {
  const command = new Command('collect').description('run the HTTP collector')
  return takesDirectory(takesConfig(command))
    .option('--host <address>', 'address to listen on; 0.0.0.0: every one; default: 127.0.0.1')
    .option('-p, --port <number>', 'port to listen on; default: 9090')
    .action(collect)
}

async function collect(flags: CollectFlags): Promise<void> {
  const warnings: string[] = []
  const config = readConfig(flags, {
    onWarning: warning => warnings.push(warning),
    flags: [
      ...override('--directory', 'embedded.directory', flags.directory),
      ...override('--host', 'collector.host', flags.host),
      ...override('--port', 'collector.port', flags.port),
    ],
  })
  const { startCollector, startInstanceWatch } = await import('../service/index.ts')
  const observation = await startObservation(config, { reporters: ['collector'], warnings })
  const asked = stopSignal()
  const stopping = new AbortController()
  const parts = { clock: systemClock, observe: observation.observe, stopping: stopping.signal }
  const instance = await startInstanceWatch(config, parts)
  const stop = Promise.race([asked, instance.ending])
  void stop.then(() => stopping.abort())
  if (!instance.isEnding) {
    const collector = await unlessStopped(stopping.signal, startCollector(config, parts)).catch(
      (error: unknown) => {
        throw explainPort(error, '--port 9191')
      },
    )
    await collector?.stop(await stop)
  }
  await instance.finish()
  await observation.stop()
}
