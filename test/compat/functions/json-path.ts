import { compileJsonPath } from '../../../src/core/json-path/index.ts'
import { isFields } from '../corpus.ts'
import type { GoldenFunction } from './types.ts'

const query: GoldenFunction = ({ args }) => {
  const { jsonPath, json } = isFields(args) ? args : {}
  const path = compileJsonPath(String(jsonPath))
  return 'error' in path ? { left: path.error } : { right: path.find(json).map(({ value }) => value) }
}

export const functions: Readonly<Record<string, GoldenFunction>> = { 'JsonPath.query': query }
