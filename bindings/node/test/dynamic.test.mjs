import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'node:test'

import { Code, StreamType, createClient, createServer } from 'hmsffi'

import { failure, served, thrown } from './support.mjs'

async function streaming(use) {
  const server = createServer()
  async function* count(stream) {
    for (let n = 1; n <= stream.params; n++) yield n
  }
  const total = async (stream) => {
    let sum = 0
    for await (const n of stream) sum += n
    return sum
  }
  server.registerStreamMethod('flow', 'count', count, { streamType: StreamType.Server })
  server.registerStreamMethod('flow', 'total', total, { streamType: StreamType.Client })
  await server.start()
  await use(await createClient().getService('flow'))
  await server.close()
}

test('methods of a service are methods of its client', async () => {
  const methods = { hello: ({ name }, call) => `Hello ${name} of ${call.metadata.tenant}` }
  await served('greet', methods, async (service) => {
    const options = { metadata: { tenant: 'north' }, timeout: 5000 }
    assert.equal(await service.hello({ name: 'Ada' }, options), 'Hello Ada of north')
    assert.equal(service.hello, service.hello)
    const answers = await Promise.all(['a', 'b'].map((name) => service.hello({ name }, options).finally(() => {})))
    assert.deepEqual(answers, ['Hello a of north', 'Hello b of north'])
  })
})

test('a call that nobody waits for is made', async () => {
  const seen = []
  await served('greet', { note: (what) => void seen.push(what) }, async (service) => {
    service.note('left alone')
    await service.note('awaited')
    assert.deepEqual(seen, ['left alone', 'awaited'])
  })
})

test('a method that is not there is named with the nearest', async () => {
  await served('greet', { hello: () => 'hello' }, async (service) => {
    const error = await failure(service.helo())
    assert.equal(error.code, Code.NotFound)
    assert.ok(error.message.includes("Did you mean 'hello'?"), error.message)
    assert.equal(await service.helo().catch(({ code }) => code), Code.NotFound)
  })
})

test('what the client has wins, and nothing that others ask any object for is a method', async () => {
  await served('greet', { call: () => 'mine', then: () => 'mine', toString: () => 'mine' }, async (service) => {
    assert.equal(await service.call('call'), 'mine')
    assert.equal(await service.call('then'), 'mine')
    assert.equal(service.id, 'greet')
    assert.equal(service.then, undefined)
    assert.equal(service[Symbol('x')], undefined)
    assert.equal(String(service), '[object Object]')
    assert.equal(JSON.stringify(service), '{"id":"greet"}')
    assert.match(inspect(service), /^ServiceClient \{ id: 'greet' \}/)
    assert.equal('hello' in service, false)
  })
})

test('a stream is iterated over, or sent to and asked for its result', async () => {
  await streaming(async (service) => {
    const counted = []
    for await (const n of service.count(3)) counted.push(n)
    assert.deepEqual(counted, [1, 2, 3])
    const total = service.total()
    for (const n of [1, 2]) await total.send(n)
    assert.equal(await total.result(), 3)
  })
})

test('a call is no stream, nor a stream a call', async () => {
  await streaming(async (service) => {
    const begun = service.total()
    await Promise.resolve()
    const refused = thrown(() => begun.stream)
    assert.equal(refused.code, Code.FailedPrecondition)
    assert.match(refused.message, /for await/)
    await failure(begun)
    const opened = service.count(1)
    opened.stream.cancel()
    assert.equal(thrown(() => opened.then()).code, Code.FailedPrecondition)
  })
})
