/** How the place of a file tells one version of it from another: what it says of itself when it is fetched. */
export interface FileVersion {
  readonly etag?: string
  readonly lastModified?: string
}

/** What a place gave: the file that is in use already, or another one. */
export type Fetched =
  | { readonly kind: 'same' }
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly version: FileVersion }

/** Headers that ask for a file only when it is another than this one. */
export function ifNewer({ etag, lastModified }: FileVersion): Record<string, string> {
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    // Where there is an ETag, a server passes over the date.
    ...(etag === undefined && lastModified !== undefined && { 'if-modified-since': lastModified }),
  }
}
