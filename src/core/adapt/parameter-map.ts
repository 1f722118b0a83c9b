/** Of a querystring or a form; of a name that comes twice the last value counts. */
export type ParameterMap = ReadonlyMap<string, string | null>

const aboutTheEvent: ReadonlySet<string> = new Set(['nuid', 'aid', 'cv', 'p'])

/** Without what speaks about the event. */
export function dataParameters(parameters: ParameterMap): (readonly [string, string | null])[] {
  return [...parameters].filter(([name]) => !aboutTheEvent.has(name))
}
