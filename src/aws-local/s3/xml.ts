/** An element: text, nothing, or elements; a list is the same element several times. */
export type Xml = string | number | boolean | undefined | { readonly [name: string]: Xml | readonly Xml[] }

export function writeXml(root: string, content: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}`
}

function element(name: string, content: Xml | readonly Xml[]): string {
  if (content === undefined) return ''
  if (isList(content)) return content.map(item => element(name, item)).join('')
  const inside =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('')
      : escape(String(content))
  return `<${name}>${inside}</${name}>`
}

function isList(content: Xml | readonly Xml[]): content is readonly Xml[] {
  return Array.isArray(content)
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escape(text: string): string {
  return text.replace(/[&<>"]|[\r\n]/g, character => escapes[character] ?? `&#${character.charCodeAt(0)};`)
}

/** The texts of an element inside each `<group>`, as far as S3's requests need it. */
export function readXml(text: string, group: string, names: readonly string[]): Record<string, string>[] {
  const groups = [...text.matchAll(new RegExp(`<${group}>(.*?)</${group}>`, 'gs'))]
  return groups.map(([, inside = '']) =>
    Object.fromEntries(
      names.map(name => [
        name,
        unescape(new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(inside)?.[1] ?? ''),
      ]),
    ),
  )
}

function unescape(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#34;', '"')
    .replaceAll('&amp;', '&')
}
