import type { FailureDetail } from '../../bad-row.ts'
import { failed, inputData, type Adapter } from '../adapter.ts'
import { isoDate, parseLong } from '../dates.ts'
import { camelize } from '../json-cleaning.ts'
import { fromText, isList, isObject, mapMembers, member, textOf, type JsonTree } from '../json-tree.ts'
import { formType } from '../media-type.ts'
import { filledBodyOfType, notForm, readForm, readJson, serverEvent } from '../webhook.ts'

/** Olark: a conversation, or a message to somebody who was away, as JSON in a field of a form. */
export const adaptOlark: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  const body = filledBodyOfType(payload, formType)
  if (typeof body !== 'string') return failed(withoutContentType(body))
  const sent = readForm(body, notForm)
  if ('type' in sent) return failed(sent)
  const text = sent.get('data') ?? ''
  if (text === '') return failed(inputData('data', null, "missing 'data' field"))
  const found = readJson(text, 'data', maxJsonDepth)
  if ('type' in found) return failed(found)
  const { transcript, offline_message } = adaptersSchemas.olark
  const schema = member(found.tree, 'operators') === undefined ? offline_message : transcript
  const problems: FailureDetail[] = []
  const data = camelize(withDates(found.tree, problems))
  const [problem] = problems
  if (problem !== undefined) return failed(problem)
  return { events: [serverEvent(payload, { trackerVersion: 'com.olark-v1', schema, data })] }
}

/** A bad row of Olark has never told which content type was wrong. */
function withoutContentType(failure: FailureDetail): FailureDetail {
  return failure.type === 'InputData' ? { ...failure, value: null } : failure
}

function withDates(event: JsonTree, problems: FailureDetail[]): JsonTree {
  if (!isObject(event)) return event
  return mapMembers(event, (items, name) => {
    if (name !== 'items') return items
    if (isList(items)) return items.map(item => withDate(item, problems))
    return isObject(items) ? mapMembers(items, item => withDate(item, problems)) : items
  })
}

function withDate(item: JsonTree, problems: FailureDetail[]): JsonTree {
  if (!isObject(item)) return item
  return mapMembers(item, (value, name) => {
    const text = name === 'timestamp' ? textOf(value) : null
    if (text === null) return value
    const ms = milliseconds(text)
    if (typeof ms === 'bigint') return fromText(isoDate(ms))
    problems.push(ms)
    return value
  })
}

/** `1307116657.1`: seconds since the epoch with any number of decimals. */
function milliseconds(text: string): bigint | FailureDetail {
  const [seconds = '', decimals = '', ...more] = text.split('.', 4)
  if (more.some(part => part !== '') || text === '.') {
    return inputData('timestamp', text, 'unexpected timestamp format')
  }
  const formatted = seconds + decimals.slice(0, 3).padEnd(3, '0')
  return parseLong(formatted) ?? inputData('timestamp', formatted, 'cannot be converted to Double')
}
