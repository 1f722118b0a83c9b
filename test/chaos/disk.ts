import { spawnSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'

/** A file system of its own under the pipeline, which can be made full at any moment and roomy again. */
export class Disk {
  readonly #path: string
  readonly #bytes: number

  private constructor(path: string, bytes: number) {
    this.#path = path
    this.#bytes = bytes
  }

  /** Undefined where this user may not mount anything. */
  static mount(path: string, bytes: number): Disk | undefined {
    mkdirSync(path, { recursive: true })
    return run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path)
      ? new Disk(path, bytes)
      : undefined
  }

  /** No page more than what is used now: whatever makes a file grow fails with ENOSPC. */
  fill(): boolean {
    // Refused when something was written between the look and the call.
    for (let tries = 0; tries < 20; tries++) {
      const { blocks, bfree, bsize } = statfsSync(this.#path)
      if (this.#resize((blocks - bfree) * bsize)) return true
    }
    return false
  }

  empty(): boolean {
    return this.#resize(this.#bytes)
  }

  unmount(): void {
    // Lazily: a process that is just ending may still have a file open.
    run('umount', '-l', this.#path)
  }

  #resize(bytes: number): boolean {
    return run('mount', '-o', `remount,size=${bytes}`, this.#path)
  }
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
