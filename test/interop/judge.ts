export type Side = 'java' | 'millrace'

/** One record of the raw stream; a record of an aggregate counts by itself. */
export interface Place {
  readonly shardId: string
  readonly sequence: string
  readonly subSequence: number
}

/** Somebody has done a record: Java wrote it down, Millrace wrote its event. */
export interface Done extends Place {
  readonly by: Side
  /** A Java worker, or the epoch under which Millrace wrote. */
  readonly worker: string
  /** The number in it, which no other record has. */
  readonly n: number
  /** ms since the epoch, by this machine's clock. */
  readonly at: number
}

/** Something that Millrace told of a lease. */
export interface LeaseNote extends Pick<Place, 'shardId'> {
  /** `robbed`: it had the lease, and another has. `foreign`: it took a lease that another program had written. */
  readonly what: 'robbed' | 'foreign'
  readonly at: number
}

export interface Evidence {
  readonly raw: readonly (Place & { readonly n: number })[]
  readonly done: readonly Done[]
  readonly notes: readonly LeaseNote[]
  /** A lease that was taken from a living Millrace is missed by it this much later at most. */
  readonly noticeMs: number
}

/** Who did a record again, and what led to it. */
export const repeats = [
  /** Java twice: it crashed before its checkpoint, or one of its workers robbed the other. */
  'javaAfterJava',
  /** Java had done it and not checkpointed it. */
  'millraceAfterJava',
  /** Java had robbed Millrace, which had written beyond its checkpoint. */
  'javaAfterMillrace',
  /** Millrace had written it and was robbed, and Java gave the lease back without having come that far. */
  'millraceAfterRobbery',
  /** Nothing that Java did explains it. */
  'unexplained',
] as const
export type Repeat = (typeof repeats)[number]

export interface Verdict {
  /** Numbers in the raw stream that nobody has done. */
  readonly lost: readonly number[]
  /** Done under a place that the raw stream does not have, or with another number than is there. */
  readonly misplaced: readonly Done[]
  readonly repeated: readonly { readonly repeat: Repeat; readonly done: Done }[]
}

/** Compares what is in the raw stream with what was done. */
export function judge({ raw, done, notes, noticeMs }: Evidence): Verdict {
  const byPlace = Map.groupBy(done, nameOf)
  const numbers = new Map(raw.map(record => [nameOf(record), record.n]))
  return {
    lost: raw.filter(record => !byPlace.has(nameOf(record))).map(({ n }) => n),
    misplaced: done.filter(one => numbers.get(nameOf(one)) !== one.n),
    repeated: [...byPlace.values()].flatMap(all => {
      const inOrder = all.toSorted((a, b) => a.at - b.at)
      return inOrder.slice(1).map((again, i) => {
        const before = inOrder[i] ?? again
        return { repeat: repeatOf(before, again, { notes, noticeMs }), done: again }
      })
    }),
  }
}

function repeatOf(
  before: Done,
  again: Done,
  { notes, noticeMs }: Pick<Evidence, 'notes' | 'noticeMs'>,
): Repeat {
  const told = (what: LeaseNote['what'], until: number) =>
    notes.some(
      note =>
        note.what === what &&
        note.shardId === again.shardId &&
        note.at >= before.at - noticeMs &&
        note.at <= until,
    )
  if (before.by === 'java') return again.by === 'java' ? 'javaAfterJava' : 'millraceAfterJava'
  if (again.by === 'java') return told('robbed', again.at + noticeMs) ? 'javaAfterMillrace' : 'unexplained'
  return told('foreign', again.at) ? 'millraceAfterRobbery' : 'unexplained'
}

function nameOf({ shardId, sequence, subSequence }: Place): string {
  return `${shardId}/${sequence}/${subSequence}`
}
