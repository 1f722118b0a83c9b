/*
 * The part of a script's world that is ours. It runs inside the sandbox, as text: nothing from outside this function
 * may be named in it. Nothing that comes out of it is trusted, for scripts can change all that it stands on.
 */

type Column = readonly [name: string, type: string]
type Value = string | number | null
type Call = (row: string, headers: string) => string

/** Gives a function that takes the script's `process` and gives the one that is called for each event. */
export function guest(
  columns: readonly Column[],
  parameters: string,
  maxReplyLength: number,
): (process: (...values: readonly unknown[]) => unknown) => Call {
  // Taken here, so that a script that replaces them by accident does not break its own bridge.
  const { parse, stringify } = JSON
  const { defineProperty, create } = Object
  // oxlint-disable-next-line typescript/unbound-method -- bound right here
  const split = Function.prototype.call.bind(String.prototype.split) as unknown as (
    text: string,
    by: string,
  ) => string[]
  // oxlint-disable-next-line typescript/unbound-method -- bound right here
  const slice = Function.prototype.call.bind(String.prototype.slice) as unknown as (
    text: string,
    from: number,
    to: number,
  ) => string
  // oxlint-disable-next-line typescript/unbound-method -- bound right here
  const kindOf = Function.prototype.call.bind(Object.prototype.toString) as unknown as (
    value: unknown,
  ) => string
  const [text, number, isInteger, isFinite] = [String, Number, Number.isInteger, Number.isFinite]

  let row = ''
  let values: string[] | undefined
  let changes: Record<number, Value> | undefined
  let dropped = false
  let erased = false

  const derived = columns.findIndex(([name]) => name === 'derived_contexts')

  function get(index: number, type: string): Value {
    if (changes !== undefined && index in changes) return changes[index] ?? null
    if (index === derived && erased) return null
    values ??= split(row, '\t')
    const value = values[index] ?? ''
    if (value === '') return null
    return type === 'int' || type === 'float' || type === 'flag' || type === 'decimal' ? number(value) : value
  }

  function set(index: number, value: unknown): void {
    const [name = '', type = ''] = columns[index] ?? []
    changes ??= create(null) as Record<number, Value>
    changes[index] = value === null || value === undefined ? null : converted(value, name, type)
  }

  function converted(value: unknown, name: string, type: string): Value {
    if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol')
      throw new TypeError(`${name} cannot be set to an object; make a text of it`)
    if (type === 'string' || type === 'timestamp' || type === 'json') return text(value)
    const figure = number(value)
    const fits =
      type === 'int'
        ? isInteger(figure) && (figure | 0) === figure
        : type === 'flag'
          ? figure === 0 || figure === 1
          : isFinite(figure)
    if (value === '' || !fits) throw new TypeError(`${name} cannot be set to ${text(value)}`)
    return type === 'decimal' ? text(value) : figure
  }

  class Event {
    drop(): void {
      dropped = true
    }

    eraseDerived_contexts(): void {
      erased = true
    }
  }

  for (let index = 0; index < columns.length; index++) {
    const [name = '', type = ''] = columns[index] ?? []
    const getter = () => get(index, type)
    // As in Snowplow, what a script sets there has no effect: it returns contexts.
    const setter = index === derived ? () => {} : (value: unknown) => set(index, value)
    const bean = `${name[0]?.toUpperCase()}${name.slice(1)}`
    defineProperty(Event.prototype, `get${bean}`, { value: getter })
    defineProperty(Event.prototype, `set${bean}`, { value: setter })
    defineProperty(Event.prototype, name, { get: getter, set: setter, enumerable: true })
  }

  function messageOf(error: unknown): string {
    const message = text(error)
    return slice(message, 0, 1000)
  }

  /** To read them takes longer than most scripts do. */
  function mayTakeHeaders(process: { readonly length: number }): boolean {
    const source = text(process)
    const [head = ''] = split(source, ')')
    const plain = !source.includes('arguments') && !source.includes('native code') && !/[=.]/.test(head)
    return !plain || split(head, ',').length > 2
  }

  return process => {
    if (kindOf(process) !== '[object Function]')
      throw new TypeError('process is async or a generator: nobody waits for it; make it a plain function')
    const settings: unknown = parse(parameters)
    const needsHeaders = mayTakeHeaders(process)
    return (nextRow, headers) => {
      row = nextRow
      values = undefined
      changes = undefined
      dropped = false
      erased = false
      let error: string | undefined
      let contexts: unknown
      try {
        contexts = process(new Event(), settings, needsHeaders ? parse(headers) : undefined)
      } catch (thrown) {
        error = messageOf(thrown)
      }
      if (contexts === null) contexts = undefined
      if (error === undefined && contexts === undefined && changes === undefined && !dropped && !erased)
        return ''
      const reply = stringify({
        error,
        contexts,
        changes,
        dropped: dropped || undefined,
        erased: erased || undefined,
      })
      if (reply.length > maxReplyLength)
        throw new RangeError(`it returned ${reply.length} characters; at most ${maxReplyLength} are taken`)
      return reply
    }
  }
}
