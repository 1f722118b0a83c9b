// `node --import planted.ts …` with a name in CHAOS_PLANT: plants this bug in the product, in memory, as its sources are
// loaded. A campaign that cannot find it is worth nothing.
import { registerHooks } from 'node:module'

interface Edit {
  /** How the source file's address ends. */
  readonly file: string
  readonly right: string
  readonly wrong: string
}

export const plants = {
  /** A commit is neither fenced nor refused when its position was reached before: duplicates, when a zombie wakes up. */
  'no-fence': [
    {
      file: '/src/backends/embedded/position-table.ts',
      right: 'row?.epoch === epoch && row.owner === owner ? row : undefined',
      wrong: 'row',
    },
    {
      file: '/src/backends/embedded/log-file.ts',
      right: "if (!advances(row.checkpoint, position)) return 'committed'",
      wrong: '',
    },
  ],
  /** The collector answers before the record is on disk: losses, when it is killed. */
  'early-answer': [
    {
      file: '/src/collector/group-commit.ts',
      right: 'await producer.put(records)',
      wrong:
        'for (const waiting of batch) waiting.resolve()\nawait clock.sleep(20)\nawait producer.put(records)',
    },
  ],
  /** Children of a split are worked on beside their parent: disorder. It shows because closed shards are read slowly. */
  'children-first': [
    {
      file: '/src/leases/plan.ts',
      right: 'return row.parents.every(',
      wrong: 'return true || row.parents.every(',
    },
    {
      file: '/src/backends/embedded/source.ts',
      right: "if (position.at !== 'after') position = after(read.after)",
      wrong:
        'if (read.ended) await this.#options.clock.sleep(3000)\nif (position.at !== "after") position = after(read.after)',
    },
  ],
  /** What a request of unknown fate has stored is not looked for: it lies in the stream twice. */
  'blind-retry': [
    {
      file: '/src/delivery/fenced-shard.ts',
      right: 'await this.#lookFor(reply.leftAt, attempt)',
      wrong: 'if (reply.leftAt > 0) return open',
    },
  ],
} as const satisfies Readonly<Record<string, readonly Edit[]>>

export type PlantName = keyof typeof plants

export function isPlant(name: string): name is PlantName {
  return name in plants
}

const name = process.env['CHAOS_PLANT'] ?? ''
if (isPlant(name)) for (const edit of plants[name]) plant(edit)

function plant({ file, right, wrong }: Edit): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(file)) return loaded
      const { source: bytes = '' } = loaded
      const source = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes ?? undefined)
      if (!source.includes(right)) throw new Error(`cannot plant a bug in ${file}: it has no ${right}`)
      return { ...loaded, source: source.replace(right, wrong) }
    },
  })
}
