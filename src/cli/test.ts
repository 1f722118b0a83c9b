import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Core, RawRecord } from '../core/index.ts'
import { messageOf, readSmallFile } from '../lib/index.ts'
import { openCore } from './core.ts'
import { CommandError, exitCodes } from './exit.ts'
import { encodeRequest } from './request.ts'
import { readSetup, takesDocuments, type ConfigFlags } from './setup.ts'
import { caseName, readTestCases, type TestCase } from './test-case.ts'
import { verdict } from './test-verdict.ts'

const example = `
A case is a JSON file beside the configuration, campaign.test.json, or a list of such:

  {
    "request": {"url": "/i?e=pv&p=web&url=http%3A%2F%2Fshop.example%2F%3Futm_source%3Dnews"},
    "expect": [{"mkt_source": "news", "se_value": null, "page_url": {"matches": "http://shop.*"}}]
  }

request is what millrace enrich --format requests takes; payload is a raw record in base64 instead. Of an object in
a JSON column only what is named counts. {"bad": "schema_violations", "message": "…"} expects a bad row.

Exits with 0 when all cases pass, with 65 when one fails.`

/** `millrace test`: a user's own cases against a user's own configuration. */
export function testCommand(): Command {
  const command = new Command('test')
    .description('run *.test.json cases against a configuration: a request in, the expected columns out')
    .argument(
      '[path...]',
      'files, or directories to look for *.test.json in; default: where the enrichments are',
    )
  return takesDocuments(command).addHelpText('after', example).action(test)
}

async function test(paths: readonly string[], flags: ConfigFlags): Promise<void> {
  const setup = readSetup(flags)
  const files = filesOf(paths.length > 0 ? paths : [flags.enrichments ?? setup.config.enrichments ?? '.'])
  const cases = files.flatMap(file =>
    readTestCases(readFile(file), file).map((one, index) => ({ file, index, one })),
  )
  const { core, close } = await openCore(setup)
  let failed = 0
  for (const { file, index, one } of cases) {
    const problems = await run(core, one, `${file}#${index + 1}`)
    if (problems.length > 0) failed += 1
    process.stdout.write(`${problems.length > 0 ? 'not ok' : 'ok'}  ${file}  ${caseName(one, index)}\n`)
    for (const problem of problems) process.stdout.write(`        ${problem}\n`)
  }
  await close()
  process.stdout.write(`${cases.length - failed} passed, ${failed} failed\n`)
  if (failed > 0) process.exitCode = exitCodes.data
}

function readFile(file: string): string {
  try {
    return readSmallFile(file).toString('utf8')
  } catch (cause) {
    const message = `reading ${file} failed (${messageOf(cause)}); check its name and that it may be read`
    throw new CommandError(exitCodes.noInput, message, cause)
  }
}

function filesOf(paths: readonly string[]): string[] {
  const files = paths.flatMap(path => {
    const kind = statSync(path, { throwIfNoEntry: false })
    if (kind === undefined) throw new CommandError(exitCodes.noInput, `there is no ${path}`)
    if (!kind.isDirectory()) return [path]
    return globSync('**/*.test.json', { cwd: path }).map(name => join(path, name))
  })
  // Tests that are never found would always pass.
  if (files.length === 0) throw new CommandError(exitCodes.noInput, `no *.test.json in ${paths.join(', ')}`)
  return files.toSorted()
}

/** What a case says when it names no time: tests give the same on every day. */
const defaultTime = Date.UTC(2024, 0, 1)

async function run(core: Core, one: TestCase, place: string): Promise<string[]> {
  const processedAt = one.at === undefined ? defaultTime : Date.parse(one.at)
  const data =
    one.payload === undefined
      ? encodeRequest(JSON.stringify(one.request), place, processedAt)
      : Buffer.from(one.payload, 'base64')
  const origin = { stream: 'test', shardId: place, sequence: '1', subSequence: 0 }
  const record: RawRecord = { data, origin, processedAt }
  return verdict(one, core.emit(await core.process(record), record))
}
