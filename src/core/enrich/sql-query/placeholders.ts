/** What may hold a question mark that is no placeholder: texts, quoted names, comments, dollar-quoted texts. */
const skipped =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1|\?\?|\?/g

/** How many `?` a statement has that stand for values. `??` is an operator with a question mark. */
export function countPlaceholders(sql: string): number {
  return [...sql.matchAll(skipped)].filter(([found]) => found === '?').length
}

/** The statement as PostgreSQL wants it: `$1`, `$2`, … for `?`, and `?` for `??`. */
export function numberPlaceholders(sql: string): string {
  let number = 0
  return sql.replaceAll(skipped, found => {
    if (found === '??') return '?'
    return found === '?' ? `$${++number}` : found
  })
}
