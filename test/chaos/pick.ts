/** `pick` from 0 to below 1: one of these, evenly. */
export function pickOf<T>(items: readonly T[], pick: number): T | undefined {
  return items[Math.floor(pick * items.length)]
}
