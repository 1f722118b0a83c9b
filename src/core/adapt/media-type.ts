export const jsonType = 'application/json'
export const formType = 'application/x-www-form-urlencoded'

/** `Application/JSON; charset=utf-8` is `application/json`. */
export function mediaTypeOf(contentType: string): string {
  const end = contentType.indexOf(';')
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
}
