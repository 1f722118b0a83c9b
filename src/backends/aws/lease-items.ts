import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb'
import type { DynamoClient, Reply } from './dynamo-client.ts'
import type { DynamoPurpose } from './dynamo-error.ts'
import { express, type Condition } from './expression.ts'
import type { LeaseChange } from './lease-change.ts'
import type { LeaseAttribute, LeaseItem } from './lease-item.ts'

/** The items of one lease table, whoever wrote them. Calls and conditions only: what they mean is decided elsewhere. */
export class LeaseItems {
  readonly table: string
  readonly #client: DynamoClient

  constructor(client: DynamoClient, table: string) {
    this.#client = client
    this.table = table
  }

  /** Every item, in pages of at most 1 MB. */
  async scan(consistent: boolean): Promise<LeaseItem[]> {
    const found: LeaseItem[] = []
    let from: Record<string, AttributeValue> | undefined
    do {
      const input = { TableName: this.table, ConsistentRead: consistent, ExclusiveStartKey: from }
      const { output } = await this.#client.call(
        this.#purpose('list the leases', 'Scan'),
        (client, options) => client.send(new ScanCommand(input), options),
      )
      found.push(...(output.Items ?? []))
      from = output.LastEvaluatedKey
    } while (from !== undefined)
    return found
  }

  /** Strongly consistent. */
  async get(shardId: string): Promise<LeaseItem | undefined> {
    const input = { TableName: this.table, Key: keyOf(shardId), ConsistentRead: true }
    const purpose = this.#purpose(`look at the lease of ${shardId}`, 'GetItem')
    const { output } = await this.#client.call(purpose, (client, options) =>
      client.send(new GetItemCommand(input), options),
    )
    return output.Item
  }

  /** One attribute of an item, eventually consistent: half the price of a `get`. */
  async glance(shardId: string, attribute: LeaseAttribute): Promise<LeaseItem | undefined> {
    const input = {
      TableName: this.table,
      Key: keyOf(shardId),
      ProjectionExpression: '#wanted',
      ExpressionAttributeNames: { '#wanted': attribute },
    }
    const purpose = this.#purpose(`glance at the lease of ${shardId}`, 'GetItem')
    const { output } = await this.#client.call(purpose, (client, options) =>
      client.send(new GetItemCommand(input), options),
    )
    return output.Item
  }

  async create(item: LeaseItem): Promise<'created' | 'refused'> {
    const input = { TableName: this.table, Item: present(item), ...express({ absent: ['leaseKey'] }) }
    const purpose = this.#purpose(`create the lease of ${item.leaseKey?.S}`, 'PutItem')
    const reply = await this.#client.attempt(purpose, (client, options) =>
      client.send(new PutItemCommand(input), options),
    )
    return reply === 'refused' ? 'refused' : 'created'
  }

  /** `doing`: `renew the lease of`. The item as the write left it, all of it. */
  async update(
    doing: string,
    shardId: string,
    { condition, change }: LeaseChange,
  ): Promise<Reply<LeaseItem> | 'refused'> {
    const expressions = express(condition, change)
    const input = {
      TableName: this.table,
      Key: keyOf(shardId),
      ReturnValues: 'ALL_NEW',
      ...expressions,
    } as const
    const purpose = this.#purpose(`${doing} ${shardId}`, 'UpdateItem')
    const reply = await this.#client.attempt(purpose, (client, options) =>
      client.send(new UpdateItemCommand(input), options),
    )
    return reply === 'refused' ? 'refused' : { ...reply, output: reply.output.Attributes ?? {} }
  }

  async remove(shardId: string, condition: Condition<LeaseAttribute>): Promise<'removed' | 'refused'> {
    const input = { TableName: this.table, Key: keyOf(shardId), ...express(condition) }
    const purpose = this.#purpose(`remove the lease of ${shardId}`, 'DeleteItem')
    const reply = await this.#client.attempt(purpose, (client, options) =>
      client.send(new DeleteItemCommand(input), options),
    )
    return reply === 'refused' ? 'refused' : 'removed'
  }

  #purpose(doing: string, action: string): DynamoPurpose {
    return { doing, table: this.table, needs: `dynamodb:${action}` }
  }
}

function keyOf(shardId: string): Record<string, AttributeValue> {
  return { leaseKey: { S: shardId } }
}

function present(item: LeaseItem): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
