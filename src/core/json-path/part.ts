/** Which children of a value one part of a path takes. */
export type Selector =
  | { readonly type: 'all' }
  | { readonly type: 'names'; readonly names: readonly string[] }
  /** From the end where negative. */
  | { readonly type: 'indices'; readonly indices: readonly number[] }
  | { readonly type: 'slice'; readonly from: number; readonly to: number; readonly step: number }
  | { readonly type: 'filter'; readonly accepts: Condition }

/** One part of a path. With `deep` it is applied to a value and to everything inside it. */
export interface Part {
  readonly deep: boolean
  readonly selector: Selector
}

/** Whether a filter takes a value, `@`; `root` is `$`. */
export type Condition = (value: unknown, root: unknown) => boolean
