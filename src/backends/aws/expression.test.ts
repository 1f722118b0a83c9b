import assert from 'node:assert/strict'
import { test } from 'node:test'
import { express } from './expression.ts'

test('a change and its condition are one set of expressions, every name behind a placeholder', () => {
  const condition = {
    equal: { counter: { N: '7' } },
    different: { checkpoint: { S: 'end' } },
    absent: ['owner'],
  }
  const change = {
    set: { owner: { S: 'a' }, counter: { N: '8' } },
    setIfAbsent: { since: { N: '1' } },
    remove: ['asked'],
  }
  assert.deepEqual(express(condition, change), {
    UpdateExpression:
      'SET #owner = :setowner, #counter = :setcounter, #since = if_not_exists(#since, :elsesince) REMOVE #asked',
    ConditionExpression:
      '#counter = :iscounter AND #checkpoint <> :notcheckpoint AND attribute_not_exists(#owner)',
    ExpressionAttributeNames: {
      '#owner': 'owner',
      '#counter': 'counter',
      '#since': 'since',
      '#asked': 'asked',
      '#checkpoint': 'checkpoint',
    },
    ExpressionAttributeValues: {
      ':setowner': { S: 'a' },
      ':setcounter': { N: '8' },
      ':elsesince': { N: '1' },
      ':iscounter': { N: '7' },
      ':notcheckpoint': { S: 'end' },
    },
  })
})

// DynamoDB refuses empty maps and names that no expression uses.
test('what is not there is left out', () => {
  assert.deepEqual(express({ absent: ['key'] }), {
    ConditionExpression: 'attribute_not_exists(#key)',
    ExpressionAttributeNames: { '#key': 'key' },
  })
  assert.deepEqual(express({ equal: { owner: undefined } }), {})
})
