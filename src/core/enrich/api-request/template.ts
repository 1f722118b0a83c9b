import { encodePercent } from '../../percent.ts'

/** As Java's URLEncoder writes a form: only letters, digits and `.-*_` stay, a space becomes `+`. */
function formEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/[!'()~]/g, encodePercent)
}

/** The address with `{{ key }}` replaced by encoded values; null while a brace is left. */
export function fillTemplate(template: string, values: ReadonlyMap<string, string>): string | null {
  const filled = template.replace(/\{\{ *([\w-]+) *\}\}/g, (placeholder, key: string) => {
    const value = values.get(key)
    return value === undefined ? placeholder : formEncode(value)
  })
  return /[{}]/.test(filled) ? null : filled
}

/**
 * Whether a part of the path is `.` or `..`, which would lead elsewhere: encoding leaves dots as they are, and a visitor
 * may call himself so.
 */
export function leadsElsewhere(url: string): boolean {
  const path = url.replace(/[?#].*$/s, '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
  return path.split(/[/\\]/).some(part => /^(?:\.|%2e){1,2}$/i.test(part))
}
