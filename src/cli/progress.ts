import { showCount } from './table.ts'

const showMs = 500

/** Counts, shown on standard error while somebody watches it there. */
export class Progress {
  good = 0
  bad = 0
  #records = 0
  #shownAt = performance.now()
  readonly #began = performance.now()
  readonly #watched = process.stderr.isTTY

  add(records: number): void {
    this.#records += records
    if (!this.#watched || performance.now() - this.#shownAt < showMs) return
    this.#shownAt = performance.now()
    process.stderr.write(`\r\u001B[K${this.#text()}`)
  }

  finish(): void {
    if (this.#watched) process.stderr.write(`\r\u001B[K${this.#text()}\n`)
  }

  #text(): string {
    const seconds = Math.max(0.001, (performance.now() - this.#began) / 1000)
    const rate = showCount((this.good + this.bad) / seconds)
    return `${showCount(this.#records)} records: ${showCount(this.good)} good, ${showCount(this.bad)} bad, ${rate}/s`
  }
}
