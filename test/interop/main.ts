// `npm run interop -- [--kcl VERSION] [--client-version NAME] [--keep] [--json]`: workers of the Kinesis Client Library for Java and of
// Millrace on one lease table, one after the other and at once. Exit code 1: a record was lost, or came twice without Java's doing.
import { parseArgs } from 'node:util'
import { buildJava } from './build.ts'
import { Campaign } from './campaign.ts'
import { Ground } from './ground.ts'
import { killJava } from './java-worker.ts'
import { conclude } from './report.ts'

const { values } = parseArgs({
  options: {
    kcl: { type: 'string', default: '2.7.2' },
    'client-version': { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

process.on('exit', killJava)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const say = (line: string) => console.error(`interop: ${line}`)
const program = await buildJava(values.kcl)
if ('missing' in program) {
  say(`skipped: ${program.missing}`)
  print({ skipped: program.missing })
} else {
  process.exitCode = await run(program.classpath)
}

async function run(classpath: string): Promise<number> {
  const ground = await Ground.open()
  say(`KCL ${values.kcl}; notes in ${ground.notes}`)
  const campaign = new Campaign({ ground, classpath, clientVersion: values['client-version'], say })
  try {
    const records = await campaign.run()
    const { summary, wrong } = await conclude({ campaign, ground, records, say })
    for (const line of wrong) say(line)
    print({ kcl: values.kcl, ...summary })
    return wrong.length > 0 ? 1 : 0
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    say(what)
    print({ kcl: values.kcl, error: what, phases: campaign.phases, claims: campaign.claims })
    return 1
  } finally {
    await campaign.stop()
    await ground.close(values.keep)
  }
}

function print(summary: object): void {
  if (values.json) console.log(JSON.stringify(summary))
  else console.log(JSON.stringify(summary, undefined, 2))
}
