/** What a URL with a name or a password in it becomes: `fetch` refuses them there, and tells them in its error. */
export interface BareUrl {
  readonly url: URL
  /** The value of the header `authorization`; absent: there was neither. */
  readonly authorization?: string
}

export function withoutCredentials(url: URL): BareUrl {
  if (url.username === '' && url.password === '') return { url }
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  const pair = `${decoded(url.username)}:${decoded(url.password)}`
  return { url: bare, authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** A `%` that begins no code stands for itself: a password may have one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
