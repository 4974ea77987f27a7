import assert from 'node:assert/strict'
import { test } from 'node:test'

import { CallStatus, Client, Code, HmsError, TransportType, createClient, createServer, instanceId, version } from 'hmsffi'

import { failure, peer, served, thrown, until } from './support.mjs'

const service = await peer()

test('a call gives the answer, blocking or not', async () => {
  assert.equal(service.callSync('echo', 'hi'), 'hi')
  assert.equal(await service.call('echo', 'hi'), 'hi')
  const bound = service.bind('echo')
  assert.equal(bound.callSync(5), 5)
  assert.equal(await bound.call(5), 5)
})

test('many calls at once each get their own answer', async () => {
  const answers = await Promise.all(Array.from({ length: 90 }, (_, index) => service.call('echo', { index })))
  assert.deepStrictEqual(answers.map((answer) => answer.index), Array.from({ length: 90 }, (_, index) => index))
})

test('metadata goes both ways', async () => {
  for (const call of [(...a) => service.call(...a), async (...a) => service.callSync(...a)]) {
    let back
    await call('meta', null, { metadata: { a: 'ä', b: '' }, onMetadata: (metadata) => (back = metadata) })
    assert.deepStrictEqual(back, { from: 'c', a: 'ä', b: '' })
  }
})

test('an asynchronous call has an id, a status and a result, for anyone in the process', async () => {
  const job = service.callAsync('echo', 7)
  assert.match(job.id, /^[0-9a-f]{32}$/)
  assert.equal(await job.result(), 7)
  assert.equal(job.status(), CallStatus.Ok)
  assert.equal(job.cancel(), false)
  const found = createClient().asyncCall(job.id)
  assert.equal(await found.result(), 7)
  assert.equal(found.status(), CallStatus.Ok)
  const unknown = createClient().asyncCall('0'.repeat(32))
  assert.equal((await failure(unknown.result())).code, Code.NotFound)
})

test('a cancelled call ends at once and its handler learns of it', async () => {
  const [begun, gone] = service.callSync('patience')
  const job = service.callAsync('patient')
  assert.equal(job.status(), CallStatus.InProgress)
  await until(() => service.callSync('patience')[0] === begun + 1)
  assert.equal(job.cancel(), true)
  assert.equal((await failure(job.result())).code, Code.Cancelled)
  assert.equal(job.status(), CallStatus.Cancelled)

  const controller = new AbortController()
  const call = service.call('patient', null, { signal: controller.signal })
  const reason = new Error('changed my mind')
  await until(() => service.callSync('patience')[0] === begun + 2)
  controller.abort(reason)
  const error = await failure(call)
  assert.equal(error.code, Code.Cancelled)
  assert.equal(error.cause, reason)

  const early = await failure(service.call('echo', 1, { signal: AbortSignal.abort(reason) }))
  assert.equal(early.cause, reason)
  await until(() => service.callSync('patience')[1] === gone + 2)
})

test('a timeout is kept, whatever the handler does', async () => {
  for (const call of [(...a) => service.call(...a), async (...a) => service.callSync(...a)]) {
    const start = performance.now()
    const error = await failure(call('patient', null, { timeout: 30 }))
    assert.equal(error.code, Code.DeadlineExceeded)
    assert.ok(performance.now() - start < 1000)
  }
})

test('an error of a handler has code, message, source, details and its stack', async () => {
  for (const error of [thrown(() => service.callSync('broken')), await failure(service.call('broken'))]) {
    assert.ok(error instanceof HmsError && error instanceof Error)
    assert.equal(error.code, Code.OutOfRange)
    assert.equal(error.codeName, 'OUT_OF_RANGE')
    assert.equal(error.message, 'amount is too large')
    assert.equal(error.source, 'peer.broken')
    assert.deepStrictEqual(error.details, { field: 'amount' })
    assert.equal(error.handlerStack, 'broken (peer.c:1)')
    assert.equal(String(error), 'OUT_OF_RANGE (11): amount is too large')
    assert.match(error.stack, /^HmsError: OUT_OF_RANGE \(11\): amount is too large\n {4}at /)
    assert.match(error.stack, /calls\.test\.mjs/)
    assert.match(error.stack, /--- peer\.broken ---\n {4}broken \(peer\.c:1\)$/)
  }
})

test('what does not exist is named, with what is near', async () => {
  const error = thrown(() => service.callSync('ecko'))
  assert.equal(error.code, Code.NotFound)
  assert.match(error.message, /'echo'/)
  const missing = await failure((await createClient().getService('peeer')).call('echo'))
  assert.equal(missing.code, Code.NotFound)
  assert.match(missing.message, /peer/)
})

test('a version can be asked for', async () => {
  const client = createClient()
  assert.equal(await (await client.getService('peer@^1.0')).call('echo', 1), 1)
  assert.equal((await failure((await client.getService('peer@^2.0')).call('echo', 1))).code, Code.NotFound)
})

test('a closed client refuses, and closing again is fine', async () => {
  const client = createClient()
  const bound = (await client.getService('peer')).bind('echo')
  await client.close()
  await client.close()
  assert.equal(thrown(() => bound.callSync(1)).code, Code.FailedPrecondition)
  assert.equal((await failure(bound.call(1))).code, Code.FailedPrecondition)
  assert.equal((await failure(client.getService('peer'))).code, Code.FailedPrecondition)
})

test('a closed method refuses', () => {
  const bound = service.bind('echo')
  bound.close()
  assert.equal(thrown(() => bound.callSync(1)).code, Code.FailedPrecondition)
})

test('arguments are checked', async () => {
  assert.equal((await failure(createClient().getService(''))).code, Code.InvalidArgument)
  assert.equal(thrown(() => service.callSync('echo', 1, { timeout: -1 })).code, Code.InvalidArgument)
  assert.equal(thrown(() => service.callSync('echo', 1, { timeout: Number.NaN })).code, Code.InvalidArgument)
  assert.equal((await failure(service.call('echo', 1, { timeout: '5' }))).code, Code.InvalidArgument)
  assert.equal((await failure(service.call('echo', 1, { metadata: { a: 1 } }))).code, Code.InvalidArgument)
  assert.equal(thrown(() => createClient({ maxRetries: -1 })).code, Code.InvalidArgument)
  assert.equal(thrown(() => createClient({ spin: -1 })).code, Code.InvalidArgument)
  assert.equal(thrown(() => createClient({ spin: Number.NaN })).code, Code.InvalidArgument)
  for (const spin of [0, 0.005, 20]) createClient({ spin }).close()
  assert.equal(thrown(() => createClient({ transport: TransportType.Tcp })).code, Code.Unimplemented)
  assert.equal(thrown(() => createServer({ transports: [TransportType.Grpc] })).code, Code.Unimplemented)
  assert.equal(thrown(() => createServer({ maxConcurrentCalls: 0 })).code, Code.InvalidArgument)
  assert.throws(() => new HmsError(0, 'fine'), RangeError)
})

test('services are listed', async () => {
  await served('listed.one', { a: () => 1 }, async () => {
    const client = createClient()
    const [found, ...more] = await client.listServices('listed.*')
    assert.deepStrictEqual(more, [])
    assert.equal(found.id, 'listed.one')
    assert.equal(found.version, '1.0.0')
    assert.deepStrictEqual(found.methods.map((method) => method.name), ['a'])
    assert.ok((await client.listServices()).some((entry) => entry.id === 'peer'))
  })
})

test('the services of the library are listed only when asked for', async () => {
  await served('listed.user', { a: () => 1 }, async () => {
    const client = createClient()
    const ids = (await client.listServices()).map((service) => service.id)
    assert.ok(ids.includes('listed.user'), String(ids))
    assert.deepStrictEqual(ids.filter((id) => id.startsWith('hms.ffi.v1.')), [])
    const own = (await client.listServices('hms.ffi.v1.*')).map((service) => service.id)
    assert.ok(own.includes('hms.ffi.v1.ServiceRegistry'), String(own))
  })
})

test('version and instance are those of the one library', () => {
  assert.match(version, /^\d+\.\d+\.\d+$/)
  assert.match(instanceId(), /^[0-9a-f]{32}$/)
})

test('a client is let go of with `await using` and by the collector', async () => {
  const client = createClient()
  await client[Symbol.asyncDispose]()
  assert.equal((await failure(client.getService('peer'))).code, Code.FailedPrecondition)
  assert.ok(new Client({}) instanceof Client)
})
