import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'

import { Code, StreamType, createClient, createServer } from 'hmsffi'

import { failure, peer } from './support.mjs'

const native = await peer('peer.stream')
const server = createServer({ name: 'streams' })
let ended = 0
server.registerStreamMethod('flow', 'count', async function* ({ params }) {
  try {
    for (let number = 0; number < params; number++) yield number
  } finally {
    ended++
  }
}, { streamType: StreamType.Server })
server.registerStreamMethod('flow', 'sum', async (stream, call) => {
  call.setMetadata('seen', 'yes')
  let sum = 0
  for await (const number of stream) sum += number
  return { sum }
}, { streamType: StreamType.Client })
server.registerStreamMethod('flow', 'double', async (stream) => {
  for await (const number of stream) await stream.send(number * 2)
})
server.registerStreamMethod('flow', 'fails', async (stream) => {
  await stream.send(1)
  throw new RangeError('no more')
})
server.registerStreamMethod('flow', 'lazy', async (stream) => {
  await sleep(30)
  let count = 0
  for await (const _ of stream) count++
  await stream.send(count)
})
await server.start()
server.unref()
const flow = await createClient().getService('flow')

const collect = async (stream) => {
  const messages = []
  for await (const message of stream) messages.push(message)
  return messages
}

test('a server stream of another language is received to its end', async () => {
  const messages = await collect(native.streamCall('count_up'))
  assert.deepStrictEqual(messages, Array.from({ length: 200 }, (_, index) => index % 24))
})

test('the failure of a stream comes after its messages', async () => {
  const stream = native.streamCall('count_up', 1)
  const messages = []
  const error = await failure((async () => {
    for await (const message of stream) messages.push(message)
  })())
  assert.equal(messages.length, 200)
  assert.equal(error.code, Code.DataLoss)
  assert.equal(error.source, 'peer.stream.count_up')
})

test('a client stream has one result', async () => {
  const stream = native.streamCall('count_in')
  for (let number = 0; number < 300; number++) await stream.send({ number })
  assert.equal((await stream.result()).toString(), '300')
  assert.equal(stream.isClosed(), true)
  stream.close()
  stream.close()
})

test('messages go both ways, raw or not', async () => {
  const stream = native.streamCall('echo_all')
  for (const message of ['text', Buffer.from('raw'), { a: [1] }, null]) {
    await stream.send(message)
    assert.deepStrictEqual(await stream.receive(), message)
  }
  stream.finish()
  assert.equal(await stream.receive(), undefined)
  await stream[Symbol.asyncDispose]()
})

test('a sender waits for a receiver that lags behind', async () => {
  const stream = flow.streamCall('lazy')
  const message = Buffer.alloc(100_000)
  for (let count = 0; count < 200; count++) await stream.send(message)
  stream.finish()
  assert.equal(await stream.receive(), 200)
})

test('a generator serves a server stream', async () => {
  assert.deepStrictEqual(await collect(flow.streamCall('count', 500)), Array.from({ length: 500 }, (_, index) => index))
})

test('a function serves a client stream and answers once', async () => {
  const stream = flow.streamCall('sum')
  for (const number of [1, 2, 3]) await stream.send(number)
  assert.deepStrictEqual(await stream.result(), { sum: 6 })
})

test('a function serves both ways', async () => {
  const stream = flow.streamCall('double')
  for (const number of [1, 2, 3]) {
    await stream.send(number)
    assert.equal(await stream.receive(), number * 2)
  }
  stream.finish()
  assert.deepStrictEqual(await collect(stream), [])
})

test('a handler that throws ends its stream with that', async () => {
  const stream = flow.streamCall('fails')
  assert.equal(await stream.receive(), 1)
  const error = await failure(stream.receive())
  assert.equal(error.code, Code.Unknown)
  assert.equal(error.message, 'RangeError: no more')
  assert.match(error.handlerStack, /streams\.test\.mjs/)
})

test('leaving the loop early ends the handler', async () => {
  const before = ended
  for await (const number of flow.streamCall('count', 1_000_000)) if (number === 3) break
  for (let tries = 0; ended === before && tries < 500; tries++) await sleep(2)
  assert.equal(ended, before + 1)
})

test('a cancelled stream fails both sides', async () => {
  const stream = flow.streamCall('double')
  const waiting = failure(stream.receive())
  stream.cancel()
  assert.equal((await waiting).code, Code.Cancelled)
  assert.equal((await failure(stream.send(1))).code, Code.Cancelled)
})

test('a signal cancels a stream', async () => {
  const controller = new AbortController()
  const stream = flow.streamCall('double', null, { signal: controller.signal })
  const waiting = failure(stream.receive())
  controller.abort()
  assert.equal((await waiting).code, Code.Cancelled)
})

test('a stream keeps its timeout', async () => {
  const stream = flow.streamCall('double', null, { timeout: 20 })
  assert.equal((await failure(stream.receive())).code, Code.DeadlineExceeded)
})

test('methods and streams are not mixed up', async () => {
  assert.equal((await failure(flow.call('double'))).code, Code.InvalidArgument)
  const error = await failure((async () => (await peer()).streamCall('echo'))())
  assert.equal(error.code, Code.InvalidArgument)
})
