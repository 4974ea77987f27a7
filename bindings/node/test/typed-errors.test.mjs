import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'

import { Code, HmsError, StreamType, createClient, createServer, errorType } from 'hmsffi'
import { z } from 'zod'

import { failure, served, thrown } from './support.mjs'

class OutOfStock extends errorType('OutOfStock', {
  code: Code.FailedPrecondition,
  schema: z.object({ item: z.string(), left: z.int().describe('How many there are') }),
}) {}

class Closed extends errorType('shop.Closed', { schema: { type: 'STRING' } }) {}

const errors = [OutOfStock, Closed]
const short = () => new OutOfStock('too little tea', { item: 'tea', left: 2 })

async function withShop(use) {
  const server = createServer()
  const methods = {
    order: { handler: () => raise(short()), errors },
    later: { handler: async () => raise(short()), errors },
    closed: { handler: () => raise(new Closed('it is night', 'noon', { code: Code.Unavailable, details: { k: 'v' } })), errors },
    wrong: { handler: () => raise(short()), errors: [Closed] },
  }
  server.registerService({ id: 'shop', metadata: { 'hms.validate': 'always' }, methods })
  const streamType = StreamType.Server
  server.registerStreamMethod('shop', 'orders', async function* () { yield 1; throw short() }, { streamType, errors })
  await server.start()
  try {
    return await use(await createClient().getService('shop'), server)
  } finally {
    await server.close()
  }
}

function raise(error) {
  throw error
}

test('an error of a handler is of its class at the caller, with its data, and of its code', () =>
  withShop(async (shop) => {
    for (const method of ['order', 'later']) {
      const error = await failure(shop.call(method))
      assert.ok(error instanceof OutOfStock && error instanceof HmsError && !(error instanceof Closed))
      assert.deepEqual({ ...error.data }, { item: 'tea', left: 2 })
      assert.deepEqual([error.schema, error.code, error.message], ['OutOfStock', Code.FailedPrecondition, 'too little tea'])
    }
    assert.ok(thrown(() => shop.callSync('order')) instanceof OutOfStock)
    const closed = await failure(shop.call('closed'))
    assert.ok(closed instanceof Closed)
    assert.deepEqual([closed.data, closed.code, closed.details.k], ['noon', Code.Unavailable, 'v'])
  }))

test('a stream that fails with data has them for its receiver', () =>
  withShop(async (shop) => {
    const stream = shop.streamCall('orders')
    assert.equal(await stream.receive(), 1)
    const error = await failure(stream.receive())
    assert.ok(error instanceof OutOfStock)
    assert.equal(error.data.left, 2)
  }))

test('schemas of errors are those of their classes, and the service refuses others of its handlers', () =>
  withShop(async (shop) => {
    const registry = await createClient().getService('hms.ffi.v1.ServiceRegistry')
    const { service } = await registry.call('GetService', { service_id: 'shop' })
    const { error_schemas } = service.methods.find(({ name }) => name === 'order')
    assert.deepEqual(error_schemas.map(({ schema_id }) => schema_id), ['OutOfStock', 'shop.Closed'])
    assert.equal(error_schemas[0].fields[1].name, 'left')
    const refused = await failure(shop.call('wrong'))
    assert.equal(refused.code, Code.Internal)
    assert.ok(refused.message.includes("it has no error 'OutOfStock'"), refused.message)
  }))

test('handlers fail with data without a class, and pass on what they get', () =>
  withShop((shop) => {
    const methods = {
      find: () => raise(new HmsError(Code.NotFound, 'nobody', { schema: 'Nobody', data: { near: ['Ada'] } })),
      ask: async () => shop.call('order'),
    }
    return served('people', methods, async (people) => {
      const nobody = await failure(people.call('find'))
      assert.deepEqual([nobody.schema, { ...nobody.data }], ['Nobody', { near: ['Ada'] }])
      const passed = await failure(people.call('ask'))
      assert.ok(passed instanceof OutOfStock && passed.cause instanceof OutOfStock)
      assert.equal(passed.data.left, 2)
    })
  }))

test('data that cannot be read or sent do not hide the error', () => {
  const lost = (data) => raise(new HmsError(Code.Aborted, 'lost', { details: { 'hms.error_schema': 'OutOfStock', 'hms.error_data': data } }))
  const unfit = () => raise(new HmsError(Code.Aborted, 'unfit', { schema: 'OutOfStock', data: { left: () => 2 } }))
  return served('odd', { lost, unfit }, async (odd) => {
    for (const data of ['/w==', 'no base64!']) {
      const error = await failure(odd.call('lost', data))
      assert.deepEqual([error.code, error.message, error.schema, error.data], [Code.Aborted, 'lost', undefined, undefined])
      assert.ok(!(error instanceof OutOfStock))
    }
    const warned = once(process, 'warning')
    const error = await failure(odd.call('unfit'))
    assert.deepEqual([error.code, error.message, error.schema], [Code.Aborted, 'unfit', undefined])
    const [warning] = await warned
    assert.match(warning.message, /^an error is answered without its data, OutOfStock: /)
  })
})

test('data may be made of themselves under another name', async () => {
  const Step = z.object({ name: z.string(), get then_() { return Step.optional() } }).meta({ id: 'Step' })
  class Stuck extends errorType('plan.Stuck', { schema: Step }) {}
  const server = createServer()
  const follow = { handler: () => raise(new Stuck('no further', { name: 'up', then_: { name: 'down' } })), errors: [Stuck] }
  server.registerService({ id: 'plan', metadata: { 'hms.validate': 'always' }, methods: { follow } })
  await server.start()
  const error = await failure((await createClient().getService('plan')).call('follow'))
  assert.ok(error instanceof Stuck, String(error))
  assert.equal(error.data.then_.name, 'down')
  await server.close()
})

test('a method cannot have errors of a class that has no schema', async () => {
  class Untold extends errorType('Untold') {}
  const server = createServer()
  const refused = thrown(() => server.registerMethod('wrong', 'm', () => {}, { errors: [Untold] }))
  assert.equal(refused.code, Code.InvalidArgument)
  assert.ok(refused.message.includes("error Untold of method 'm': the class has no schema"), refused.message)
  await server.close()
})
