import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema } from '../config/index.ts'
import { coreOptions } from './worker.ts'

const limit = (config: object) => coreOptions(configSchema.parse(config)).maxRecordBytes

test('where the partition key also says what made a record, the record is that much smaller', () => {
  assert.equal(limit({}), 1024 * 1024)
  assert.equal(limit({ backend: 'aws' }), 1024 * 1024 - 256)
  assert.equal(limit({ backend: 'aws', aws: { provenance: 'none' } }), 1024 * 1024)
})
