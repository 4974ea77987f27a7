import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'

import { AuthType, Code, createClient, createServer, introspect } from 'hmsffi'

import { failure, peer, served, thrown } from './support.mjs'

test('a server serves while it runs, and again after a stop', async () => {
  const server = createServer({ name: 'ups' })
  server.registerMethod('ups', 'echo', (value) => value)
  const service = await createClient().getService('ups')
  assert.equal(server.isRunning(), false)
  assert.equal(thrown(() => service.callSync('echo', 1)).code, Code.Unavailable)
  await server.start()
  assert.equal(server.isRunning(), true)
  assert.equal(service.callSync('echo', 1), 1)
  let stopped = false
  const waiting = server.wait().then(() => (stopped = true))
  await sleep(5)
  assert.equal(stopped, false)
  await server.stop()
  await waiting
  assert.equal(thrown(() => service.callSync('echo', 1)).code, Code.Unavailable)
  await server.start()
  assert.equal(service.callSync('echo', 2), 2)
  await server.close()
  await server.close()
  assert.equal(server.isRunning(), false)
  assert.equal(thrown(() => service.callSync('echo', 1)).code, Code.NotFound)
  await server.wait()
})

test('a stop waits for the calls inside, which go on here', async () => {
  const server = createServer()
  server.registerMethod('drain', 'slow', () => sleep(40, 'done'))
  await server.start()
  const call = (await createClient().getService('drain')).call('slow')
  await sleep(5)
  await server.stop()
  assert.equal(await call, 'done')
  await server.close()
})

test('a stop ends with its time, and says so', async () => {
  const server = createServer()
  let release
  server.registerMethod('stuck', 'slow', () => new Promise((resolve) => (release = resolve)))
  await server.start()
  const call = (await createClient().getService('stuck')).call('slow')
  await sleep(5)
  assert.equal((await failure(server.stop({ timeout: 20 }))).code, Code.DeadlineExceeded)
  assert.equal(server.isRunning(), false)
  release('late')
  assert.equal(await call, 'late')
  await server.close()
})

test('a service can be described, generated, extended and withdrawn', async () => {
  const server = createServer()
  const id = server.registerService({ name: 'Some', description: 'for people', metadata: { team: 'a' } })
  assert.ok(id)
  server.registerMethod(id, 'one', () => 1, { description: 'gives one', idempotent: true, timeout: 1000, metadata: { a: 'b' } })
  await server.start()
  const service = await createClient().getService(id)
  assert.equal(service.callSync('one'), 1)
  assert.equal(thrown(() => server.registerMethod(id, 'one', () => 2)).code, Code.InvalidArgument)
  server.unregisterService(id)
  assert.equal((await failure(service.call('one'))).code, Code.NotFound)
  assert.equal(thrown(() => server.unregisterService(id)).code, Code.NotFound)
  await server.close()
})

test('two versions of a service stand side by side', async () => {
  const server = createServer()
  server.registerService({ id: 'two', version: '1.0.0', methods: { which: () => 1 } })
  server.registerService({ id: 'two', version: '2.1.0', methods: { which: { handler: () => 2, description: 'newer' } } })
  await server.start()
  const client = createClient()
  assert.equal((await client.getService('two@^1')).callSync('which'), 1)
  assert.equal((await client.getService('two')).callSync('which'), 2)
  await server.close()
})

test('another definition under the same id and version is refused', async () => {
  await served('taken', { one: () => 1 }, () => {
    const other = createServer()
    const error = thrown(() => other.registerService({ id: 'taken', methods: { two: () => 2 } }))
    assert.equal(error.code, Code.AlreadyExists)
    return other.close()
  })
})

test('what cannot be kept is refused with its name', () => {
  assert.equal(thrown(() => createServer({ authConfig: { type: AuthType.Token } })).code, Code.Unimplemented)
  assert.equal(thrown(() => createServer({ callTimeout: 0 })).code, Code.InvalidArgument)
  assert.equal(thrown(() => createServer().registerService({ id: 'x', version: 'one' })).code, Code.InvalidArgument)
  assert.match(thrown(() => createServer().registerMethod('x', 'y', 5)).message, /'y' is not a function but number/)
})

test('a limit of calls at once is kept', async () => {
  const server = createServer({ maxConcurrentCalls: 2 })
  server.registerMethod('narrow', 'slow', () => sleep(30, 'done'))
  await server.start()
  const service = await createClient().getService('narrow')
  const calls = await Promise.allSettled([1, 2, 3].map(() => service.call('slow')))
  assert.deepStrictEqual(calls.map((call) => call.reason?.code), [undefined, undefined, Code.ResourceExhausted])
  await server.close()
})

test('nothing is left behind', async () => {
  const round = async () => {
    await served('js', { echo: (value) => value, boom: () => { throw new Error('x') } }, async (service) => {
      for (let count = 0; count < 50; count++) {
        service.callSync('echo', { count })
        await service.call('echo', Buffer.alloc(100))
        await failure(service.call('boom'))
      }
      await (await peer()).call('storm', null, { timeout: 30_000 })
      await service.close()
    })
  }
  const settled = async () => {
    for (let tries = 0; tries < 10; tries++) {
      globalThis.gc()
      await sleep(10)
    }
    const { handles, buffers, calls, queuedBytes } = introspect()
    return { handles, buffers, calls, queuedBytes }
  }
  for (let warm = 0; warm < 3; warm++) await round()
  const before = await settled()
  for (let count = 0; count < 5; count++) await round()
  assert.deepStrictEqual(await settled(), before)
})
