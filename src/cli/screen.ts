import { systemClock } from '../lib/index.ts'

// A line of log every few seconds tells enough where nobody watches.
const lineMs = 5000
const redrawMs = 1000

export interface Views {
  /** The whole screen. */
  readonly full: () => string | Promise<string>
  /** One line, for where there is no terminal. */
  readonly line: () => string | Promise<string>
}

/** Shows how things stand until the signal aborts: redraws on a terminal, writes a line now and then elsewhere. */
export async function showUntil(signal: AbortSignal, views: Views, output = process.stdout): Promise<void> {
  // A reader that goes away (`millrace dev | head`) must not end the pipeline.
  output.on('error', () => {})
  if (!output.isTTY) return await showLines(signal, views, output)
  let height = 0
  while (!signal.aborted) {
    const text = fit(await views.full(), output)
    output.write(`${clear(height)}${text}\n`)
    height = text.split('\n').length
    await systemClock.sleep(redrawMs, signal)
  }
}

async function showLines(signal: AbortSignal, { line }: Views, output: NodeJS.WriteStream): Promise<void> {
  await systemClock.sleep(redrawMs, signal)
  while (!signal.aborted) {
    output.write(`${await line()}\n`)
    await systemClock.sleep(lineMs, signal)
  }
}

/** What does not fit on the terminal is cut, or the next redraw would not find its beginning. */
function fit(text: string, { rows, columns }: NodeJS.WriteStream): string {
  const lines = text
    .split('\n')
    .map(line => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line))
  return lines.length < rows ? lines.join('\n') : [...lines.slice(0, rows - 2), '…'].join('\n')
}

/** Up to the first of the last `height` lines, and everything below is gone. */
function clear(height: number): string {
  return height === 0 ? '' : `\u001B[${height}A\r\u001B[J`
}
