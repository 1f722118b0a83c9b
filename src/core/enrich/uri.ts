import { parseJavaUri, type Uri, type UriError } from './java-uri.ts'
import { parseRelaxedUri } from './relaxed-uri.ts'

/** A URI as generous as browsers are: spaces may stand in it, and what is illegal is encoded where that helps. */
export function parseUri(text: string): Uri | UriError {
  const strict = parseJavaUri(text.includes(' ') ? text.replaceAll(' ', '%20') : text)
  if (!('error' in strict)) return strict
  const relaxed = parseRelaxedUri(text)
  if (!('error' in relaxed)) return relaxed
  return { error: complaint(text, strict.error, relaxed.error) }
}

/** Snowplow's own sentence. */
function complaint(text: string, strict: string, relaxed: string): string {
  return (
    `Provided URI [${text}] could not be parsed, neither by Java parsing (error: [${strict}]) ` +
    `nor by Scala parsing (error: [${relaxed}]).`
  )
}

/** The port in the URI, or the one its scheme stands for; Snowplow takes 80 for everything but https. */
export function portOf(uri: Uri): number {
  return uri.port ?? (uri.scheme === 'https' ? 443 : 80)
}
