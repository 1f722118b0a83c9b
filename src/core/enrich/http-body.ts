import type { Answer, HttpResponse } from './services.ts'

/** What a response says, unless its status says that it is no answer. */
export function bodyOf({ status, body }: HttpResponse): Answer<string> {
  return status >= 200 && status < 300 ? { value: body } : { error: `Request failed with status ${status}` }
}
