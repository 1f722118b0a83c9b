const schemas = { type: 'array', minItems: 1, items: { $ref: '#' } }
const schemaMap = { type: 'object', additionalProperties: { $ref: '#' } }
const schemaOrBoolean = { anyOf: [{ type: 'boolean' }, { $ref: '#' }] }
const count = { type: 'integer', minimum: 0 }
const names = { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } }
const simpleType = { enum: ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] }

/** What JSON Schema draft-04 asks of a schema. */
export const metaSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    $schema: { type: 'string' },
    title: { type: 'string' },
    description: { type: 'string' },
    multipleOf: { type: 'number', minimum: 0, exclusiveMinimum: true },
    maximum: { type: 'number' },
    exclusiveMaximum: { type: 'boolean' },
    minimum: { type: 'number' },
    exclusiveMinimum: { type: 'boolean' },
    maxLength: count,
    minLength: count,
    pattern: { type: 'string' },
    additionalItems: schemaOrBoolean,
    items: { anyOf: [{ $ref: '#' }, schemas] },
    maxItems: count,
    minItems: count,
    uniqueItems: { type: 'boolean' },
    maxProperties: count,
    minProperties: count,
    required: names,
    additionalProperties: schemaOrBoolean,
    definitions: schemaMap,
    properties: schemaMap,
    patternProperties: schemaMap,
    dependencies: { type: 'object', additionalProperties: { anyOf: [{ $ref: '#' }, names] } },
    enum: { type: 'array', minItems: 1, uniqueItems: true },
    type: {
      anyOf: [simpleType, { type: 'array', minItems: 1, uniqueItems: true, items: simpleType }],
    },
    format: { type: 'string' },
    allOf: schemas,
    anyOf: schemas,
    oneOf: schemas,
    not: { $ref: '#' },
  },
  dependencies: { exclusiveMaximum: ['maximum'], exclusiveMinimum: ['minimum'] },
}
