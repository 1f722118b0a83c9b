import type { AttributeValue } from '@aws-sdk/client-dynamodb'

export type Values<Name extends string> = Readonly<Partial<Record<Name, AttributeValue>>>

/** What one write does to an item. An attribute occurs once at most. */
export interface Change<Name extends string = string> {
  readonly set?: Values<Name>
  /** Only where the item has no such attribute. */
  readonly setIfAbsent?: Values<Name>
  readonly remove?: readonly Name[]
}

/** What an item must look like for a write to happen. */
export interface Condition<Name extends string = string> {
  readonly equal?: Values<Name>
  readonly different?: Values<Name>
  readonly absent?: readonly Name[]
}

export interface Expressions {
  readonly UpdateExpression?: string
  readonly ConditionExpression?: string
  readonly ExpressionAttributeNames?: Record<string, string>
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>
}

/**
 * A change and a condition in DynamoDB's language. Every name gets a placeholder: many plain words are reserved there, and
 * the list may grow.
 */
export function express(condition: Condition, change: Change = {}): Expressions {
  const names: Record<string, string> = {}
  const values: Record<string, AttributeValue> = {}
  const name = (attribute: string) => {
    names[`#${attribute}`] = attribute
    return `#${attribute}`
  }
  const value = (role: string, attribute: string, given: AttributeValue) => {
    values[`:${role}${attribute}`] = given
    return `:${role}${attribute}`
  }
  const each = (role: string, given: Values<string> = {}, write: (name: string, value: string) => string) =>
    Object.entries(given).flatMap(([attribute, wanted]) =>
      wanted === undefined ? [] : write(name(attribute), value(role, attribute, wanted)),
    )
  const conditions = [
    ...each('is', condition.equal, (name, value) => `${name} = ${value}`),
    ...each('not', condition.different, (name, value) => `${name} <> ${value}`),
    ...(condition.absent ?? []).map(attribute => `attribute_not_exists(${name(attribute)})`),
  ]
  const sets = [
    ...each('set', change.set, (name, value) => `${name} = ${value}`),
    ...each('else', change.setIfAbsent, (name, value) => `${name} = if_not_exists(${name}, ${value})`),
  ]
  const removes = (change.remove ?? []).map(name)
  const update = [clause('SET', sets), clause('REMOVE', removes)].filter(text => text !== '').join(' ')
  return {
    ...(update !== '' && { UpdateExpression: update }),
    ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  }
}

function clause(keyword: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${keyword} ${parts.join(', ')}`
}
