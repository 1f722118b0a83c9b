import type { FailureDetail } from '../bad-row.ts'
import type { CollectorPayload } from '../event.ts'
import { failed, inputData, type Adapter } from './adapter.ts'
import type { AdaptersSchemas } from './adapter-schemas.ts'
import { isList, writeJson, type JsonTree } from './json-tree.ts'
import { jsonType } from './media-type.ts'
import { adaptBatch, bodyOfType, readJson, type Batch } from './webhook.ts'

export type Indexed = readonly [index: number, item: JsonTree]

export interface JsonList {
  readonly emptyBody?: FailureDetail
  /** What is said of a body that is JSON, but no list. */
  readonly notList: string
  /** Which of the items count. */
  readonly select?: (items: readonly Indexed[]) => readonly Indexed[]
  readonly batch: (schemas: AdaptersSchemas) => Batch
}

/** A body that is a JSON list of events. */
export function jsonListAdapter({ emptyBody, notList, select, batch }: JsonList): Adapter {
  return (payload, { adaptersSchemas, maxJsonDepth }) => {
    const body = bodyOfType(payload, jsonType, emptyBody)
    if (typeof body !== 'string') return failed(body)
    const list = readJsonList(body, notList, maxJsonDepth)
    if ('type' in list) return failed(list)
    const items = [...list.entries()]
    return adaptBatch(payload, select?.(items) ?? items, batch(adaptersSchemas))
  }
}

export function readJsonList(
  body: string,
  notList: string,
  maxJsonDepth: number,
): readonly JsonTree[] | FailureDetail {
  const found = readJson(body, 'body', maxJsonDepth)
  if ('type' in found) return found
  return isList(found.tree) ? found.tree : inputData('body', body, notList)
}

/** A payload for each item of a body that is a JSON list. */
export function splitJsonList(
  payload: CollectorPayload,
  maxJsonDepth: number,
  select: (items: readonly Indexed[]) => readonly Indexed[] = items => items,
): CollectorPayload[] {
  const list = readJsonList(payload.body ?? '', '', maxJsonDepth)
  if ('type' in list) return []
  return select([...list.entries()]).map(([, item]) => ({ ...payload, body: `[${writeJson(item)}]` }))
}
