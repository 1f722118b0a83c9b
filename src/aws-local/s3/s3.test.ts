import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  type ListObjectsV2CommandInput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startTest } from '../test-client.ts'

const MiB = 1024 * 1024
const Bucket = 'archive'

async function startBucket(context: TestContext) {
  const { aws } = await startTest(context)
  const client = new S3Client({
    endpoint: aws.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  })
  context.after(() => client.destroy())
  await client.send(new CreateBucketCommand({ Bucket }))
  const put = (Key: string, Body: NonNullable<PutObjectCommandInput['Body']>, more: object = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
  const get = async (Key: string, more: object = {}) => {
    const { Body, ...rest } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }))
    return { data: Buffer.from((await Body?.transformToByteArray()) ?? []), ...rest }
  }
  const list = (more: Partial<ListObjectsV2CommandInput> = {}) =>
    client.send(new ListObjectsV2Command({ Bucket, ...more }))
  return { aws, client, put, get, list }
}

test('an object comes back as it went, with what was told of it', async context => {
  const { put, get, client } = await startBucket(context)
  const data = gzipSync(Buffer.alloc(100_000, 'line\n'))
  const Key = 'run=2026/part 0+ü.gz'
  await put(Key, data, { ContentType: 'text/plain', ContentEncoding: 'gzip', Metadata: { first: '1' } })
  const object = await get(Key, { ChecksumMode: 'ENABLED' })
  assert.ok(object.data.equals(data))
  assert.deepEqual(
    [object.ContentType, object.ContentEncoding, object.Metadata],
    ['text/plain', 'gzip', { first: '1' }],
  )
  assert.notEqual(object.ChecksumCRC32, undefined)
  const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
  assert.deepEqual([head.ContentLength, head.ETag], [data.length, object.ETag])
})

test('a streamed body is taken out of its chunks', async context => {
  const { put, get } = await startBucket(context)
  const data = Buffer.alloc(200_000, 'abc')
  await put('streamed', Readable.from([data]), { ContentLength: data.length })
  assert.ok((await get('streamed')).data.equals(data))
})

test('a body that does not match its checksum is refused', async context => {
  const { aws } = await startBucket(context)
  const headers = { 'x-amz-checksum-crc32': 'AAAAAA==' }
  const answer = await fetch(`${aws.endpoint}/${Bucket}/broken`, { method: 'PUT', body: 'text', headers })
  assert.equal(answer.status, 400)
  assert.match(await answer.text(), /<Code>BadDigest<\/Code>/)
  assert.equal((await fetch(`${aws.endpoint}/${Bucket}/broken`)).status, 404)
})

test('a range of bytes', async context => {
  const { put, get } = await startBucket(context)
  await put('digits', '0123456789')
  const text = async (Range: string) => (await get('digits', { Range })).data.toString()
  assert.deepEqual(await Promise.all(['bytes=2-4', 'bytes=7-', 'bytes=-2', 'bytes=8-99'].map(text)), [
    '234',
    '789',
    '89',
    '89',
  ])
  assert.equal((await get('digits', { Range: 'bytes=2-4' })).ContentRange, 'bytes 2-4/10')
  await assert.rejects(text('bytes=10-'), { name: 'InvalidRange' })
})

test('If-None-Match: of many writers at once one wins', async context => {
  const { put, get } = await startBucket(context)
  const writers = Array.from({ length: 20 }, (_, i) => put('once', `${i}`, { IfNoneMatch: '*' }))
  const settled = await Promise.allSettled(writers)
  const won = settled.findIndex(({ status }) => status === 'fulfilled')
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1)
  const refused = settled.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
  assert.ok(
    refused.every(({ name, $metadata }) => name === 'PreconditionFailed' && $metadata.httpStatusCode === 412),
  )
  assert.equal((await get('once')).data.toString(), `${won}`)
})

test('If-Match replaces what is still the same, and nothing else', async context => {
  const { put, get } = await startBucket(context)
  const { ETag } = await put('state', 'one')
  await put('state', 'two', { IfMatch: ETag })
  await assert.rejects(put('state', 'three', { IfMatch: ETag }), { name: 'PreconditionFailed' })
  assert.equal((await get('state')).data.toString(), 'two')
  await assert.rejects(put('absent', 'x', { IfMatch: ETag }), { name: 'NoSuchKey' })
})

test('a deleted object is gone, and may be deleted again', async context => {
  const { put, get, client } = await startBucket(context)
  await put('a', 'a')
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
  await assert.rejects(get('a'), { name: 'NoSuchKey' })
  await assert.rejects(client.send(new HeadObjectCommand({ Bucket, Key: 'a' })), { name: 'NotFound' })
  await assert.rejects(get('a', { Bucket: 'none' }), { name: 'NoSuchBucket' })
})

test('listings come in pages, in the order of bytes, and roll up what a delimiter ends', async context => {
  const { put, list } = await startBucket(context)
  const keys = ['a', 'b/1', 'b/2', 'b/3/x', 'c/1', 'd & <e>', '\u{ff61}', '\u{1f511}']
  for (const key of keys.toReversed()) await put(key, 'x')
  const pages = async (input: Partial<ListObjectsV2CommandInput>) => {
    const names: string[][] = []
    let token: string | undefined
    do {
      const page = await list({ ...input, ...(token === undefined ? {} : { ContinuationToken: token }) })
      assert.equal(page.KeyCount, (page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0))
      const rolled = (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix)
      names.push([...(page.Contents ?? []).map(({ Key = '' }) => Key), ...rolled])
      token = page.NextContinuationToken
    } while (token !== undefined)
    return names
  }
  assert.deepEqual(await pages({}), [keys])
  assert.deepEqual(await pages({ MaxKeys: 3 }), [keys.slice(0, 3), keys.slice(3, 6), keys.slice(6)])
  assert.deepEqual(await pages({ Prefix: 'b/', Delimiter: '/' }), [['b/1', 'b/2', 'b/3/']])
  assert.deepEqual(await pages({ Delimiter: '/', MaxKeys: 2 }), [
    ['a', 'b/'],
    ['d & <e>', 'c/'],
    ['\u{ff61}', '\u{1f511}'],
  ])
  assert.deepEqual(await pages({ StartAfter: 'c/1', EncodingType: 'url', MaxKeys: 1 }), [
    ['d%20%26%20%3Ce%3E'],
    ['%EF%BD%A1'],
    ['%F0%9F%94%91'],
  ])
})

test('an upload in parts appears when it is complete, and may be conditional', async context => {
  const { client, get, put } = await startBucket(context)
  const Key = 'large'
  const start = async () => (await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId
  const part = (UploadId: string | undefined, PartNumber: number, Body: Buffer) =>
    client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))
  const complete = (UploadId: string | undefined, tags: (string | undefined)[], more: object = {}) => {
    const Parts = tags.map((ETag, i) => ({ ETag, PartNumber: i + 1 }))
    return client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }),
    )
  }
  const [first, last] = [Buffer.alloc(5 * MiB, 'a'), Buffer.from('tail')]
  const UploadId = await start()
  const tags = [(await part(UploadId, 1, first)).ETag, (await part(UploadId, 2, last)).ETag]
  await assert.rejects(get(Key), { name: 'NoSuchKey' })
  await assert.rejects(complete(UploadId, [tags[0], '"0"']), { name: 'InvalidPart' })
  assert.match((await complete(UploadId, tags)).ETag ?? '', /^"[0-9a-f]{32}-2"$/)
  assert.ok((await get(Key)).data.equals(Buffer.concat([first, last])))
  await assert.rejects(complete(UploadId, tags), { name: 'NoSuchUpload' })

  const small = await start()
  const smallTags = [(await part(small, 1, last)).ETag, (await part(small, 2, last)).ETag]
  await assert.rejects(complete(small, smallTags), { name: 'EntityTooSmall' })
  await assert.rejects(complete(small, smallTags.slice(0, 1), { IfNoneMatch: '*' }), {
    name: 'PreconditionFailed',
  })
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: small }))
  await assert.rejects(part(small, 3, last), { name: 'NoSuchUpload' })
  await put(Key, 'replaced')
  assert.equal((await get(Key)).data.toString(), 'replaced')
})
