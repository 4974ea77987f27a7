import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Code, createClient, createServer } from 'hmsffi'

import { failure, run, served, thrown } from './support.mjs'

test('a promise that never settles is left at the deadline', async () => {
  await served('hostile', { never: () => new Promise(() => {}), echo: (value) => value }, async (service) => {
    assert.equal((await failure(service.call('never', null, { timeout: 50 }))).code, Code.DeadlineExceeded)
    assert.equal(await service.call('echo', 1), 1)
  })
})

test('an answer after a cancel goes nowhere', async () => {
  let begun, letGo
  const inside = new Promise((resolve) => (begun = resolve))
  const held = new Promise((resolve) => (letGo = resolve))
  const late = async (value) => {
    begun()
    await held
    return value
  }
  await served('hostile', { late, echo: (value) => value }, async (service) => {
    const controller = new AbortController()
    const call = failure(service.call('late', 1, { signal: controller.signal }))
    await inside
    controller.abort()
    assert.equal((await call).code, Code.Cancelled)
    letGo()
    assert.equal(await service.call('echo', 2), 2)
  })
})

test('a handler that closes its own server does not hang', async () => {
  const server = createServer({ name: 'closing' })
  let closed
  server.registerMethod('closing', 'close', () => {
    closed = server.close()
    return 'closing'
  })
  await server.start()
  const service = await createClient().getService('closing')
  await service.call('close', null, { timeout: 5000 }).catch((error) => assert.ok(error.code))
  await closed
  assert.ok(thrown(() => server.registerMethod('closing', 'echo', () => 1)).code)
})

test('text that is not Unicode is refused', async () => {
  await served('hostile', { echo: (value) => value }, async (service) => {
    assert.equal(thrown(() => service.callSync('echo', '\ud800')).code, Code.InvalidArgument)
    assert.equal((await failure(service.call('echo', '\ud800'))).code, Code.InvalidArgument)
    assert.equal(service.callSync('echo', 'text'), 'text')
  })
})

test('an aborted signal refuses before anything is sent', async () => {
  let reached = false
  await served('hostile', { echo: () => (reached = true) }, async (service) => {
    assert.equal((await failure(service.call('echo', 1, { signal: AbortSignal.abort() }))).code, Code.Cancelled)
  })
  assert.equal(reached, false)
})

test('a worker is terminated while its own call runs', () => {
  const { status, stdout, stderr } = run(`
    import { Worker } from 'node:worker_threads'
    const server = hmsffi.createServer()
    let begun
    const inside = new Promise((resolve) => (begun = resolve))
    server.registerMethod('main', 'hang', () => { begun(); return new Promise(() => {}) })
    server.registerMethod('main', 'echo', (value) => value)
    await server.start()
    const worker = new Worker(\`
      const hmsffi = require('hmsffi')
      hmsffi.createClient().getService('main').then((main) => main.call('hang'))\`, { eval: true, execArgv: [] })
    await inside
    await worker.terminate()
    console.log(await (await hmsffi.createClient().getService('main')).call('echo', 'alive'))
    process.exit(0)`)
  assert.equal(status, 0, stderr)
  assert.equal(stdout, 'alive\n')
})

test('a message over the limit is refused either way', async () => {
  const server = createServer({ maxMessageSize: 8192 })
  server.registerMethod('sized', 'echo', (body) => body)
  server.registerMethod('sized', 'grow', () => Buffer.alloc(8193))
  await server.start()
  const sized = await createClient().getService('sized')
  assert.equal((await sized.call('echo', Buffer.alloc(8192))).length, 8192)
  assert.equal((await failure(sized.call('echo', Buffer.alloc(8193)))).code, Code.ResourceExhausted)
  assert.match((await failure(sized.call('grow', null))).message, /over the limit of 8192 bytes/)
  await server.close()
})
