import { systemClock } from '../lib/index.ts'

// A line of log every few seconds tells enough where nobody watches.
const lineMs = 5000
const redrawMs = 1000

export interface Screen {
  readonly status: string
  /** Below the status. */
  readonly hints?: string
}

export interface Views {
  /** The whole screen. */
  readonly full: () => Screen | Promise<Screen>
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
    const shown = fit(await views.full(), output)
    output.write(`${clear(height)}${shown.text}\n`)
    height = shown.height
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

export interface Size {
  readonly rows: number
  readonly columns: number
}

/** A line as it is written, and how many rows it takes. */
interface Line {
  readonly text: string
  readonly rows: number
}

/** What fits on the terminal, and its height in rows, by which the next redraw finds its beginning. */
export function fit({ status, hints }: Screen, { rows, columns }: Size): { text: string; height: number } {
  const lines = [
    ...status.split('\n').map(line => ({ text: cut(line, columns), rows: 1 })),
    // Commands to copy: the terminal wraps them.
    ...(hints === undefined ? [] : ['', ...hints.split('\n')]).map(text => wrapped(text, columns)),
  ]
  const shown = heightOf(lines) < rows ? lines : [...firstOf(lines, rows - 2), { text: '…', rows: 1 }]
  return { text: shown.map(({ text }) => text).join('\n'), height: heightOf(shown) }
}

function cut(line: string, columns: number): string {
  return line.length > columns ? `${line.slice(0, columns - 1)}…` : line
}

function wrapped(text: string, columns: number): Line {
  return { text, rows: Math.max(1, Math.ceil(text.length / columns)) }
}

function heightOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { rows }) => sum + rows, 0)
}

/** As many whole lines as there is room for. */
function firstOf(lines: readonly Line[], rows: number): readonly Line[] {
  const end = lines.findIndex((_, i) => heightOf(lines.slice(0, i + 1)) > rows)
  return end < 0 ? lines : lines.slice(0, end)
}

/** Up to the first of the last `height` lines, and everything below is gone. */
function clear(height: number): string {
  return height === 0 ? '' : `\u001B[${height}A\r\u001B[J`
}
