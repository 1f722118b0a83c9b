export { EventJsons, jsonFields, type JsonField } from './event-jsons.ts'
export { enrichmentFailed, missingColumn } from './failure.ts'
export { findInJsons, oneOrAll, parseInputSource, type InputSource } from './input-source.ts'
export { parseKeyedInputs, readInputText, type KeyedInput } from './keyed-input.ts'
