import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { Code, createClient, createServer } from 'hmsffi'

import { failure, peer, run } from './support.mjs'

const server = createServer({ name: 'main' })
server.registerMethod('main', 'echo', (value) => value)
server.registerMethod('main', 'later', (value) => sleep(1, value))
await server.start()
server.unref()

function worker(program) {
  const source = `
    const { parentPort } = require('node:worker_threads')
    const hmsffi = require('hmsffi')
    ;(async () => { ${program} })().catch((error) => parentPort.postMessage({ error: String(error) }))`
  return new Worker(source, { eval: true })
}

async function said(from) {
  const [message] = await once(from, 'message')
  return message
}

test('a worker calls the main thread, blocking and not', async () => {
  const thread = worker(`
    const main = await hmsffi.createClient().getService('main')
    const answers = [main.callSync('echo', 1), await main.call('echo', 2), main.callSync('later', 3), await main.call('later', 4)]
    let sum = 0
    for (let count = 0; count < 2000; count++) sum += main.callSync('echo', count)
    parentPort.postMessage([...answers, sum])`)
  const ended = once(thread, 'exit')
  assert.deepStrictEqual(await said(thread), [1, 2, 3, 4, 1999000])
  assert.deepStrictEqual(await ended, [0])
})

test('the main thread calls a worker', async () => {
  const thread = worker(`
    const server = hmsffi.createServer()
    server.registerMethod('worker', 'twice', (value) => value * 2)
    server.registerMethod('worker', 'hang', () => new Promise(() => {}))
    await server.start()
    parentPort.postMessage('ready')`)
  assert.equal(await said(thread), 'ready')
  const service = await createClient().getService('worker')
  assert.equal(await service.call('twice', 4), 8)
  assert.equal(service.callSync('twice', 5), 10)

  const pending = failure(service.call('hang'))
  await sleep(10)
  await thread.terminate()
  assert.equal((await pending).code, Code.Unavailable)
  const after = await failure(service.call('twice', 4))
  assert.ok([Code.Unavailable, Code.NotFound].includes(after.code), String(after))
})

test('two loops that block on each other: one is refused, nobody hangs', async () => {
  const thread = worker(`
    const server = hmsffi.createServer()
    const main = await hmsffi.createClient().getService('main')
    server.registerMethod('loop', 'back', () => main.callSync('echo', 'round'))
    await server.start()
    parentPort.postMessage('ready')`)
  assert.equal(await said(thread), 'ready')
  const service = await createClient().getService('loop')
  assert.equal(await service.call('back'), 'round')
  const start = performance.now()
  let error
  try {
    service.callSync('back')
  } catch (thrown) {
    error = thrown
  }
  assert.equal(error.code, Code.Aborted)
  assert.ok(performance.now() - start < 2000)
  await thread.terminate()
})

test('20 workers that serve and call are ended in turn, and the process lives', () => {
  const { status, signal, stdout, stderr } = run(`
    import { Worker } from 'node:worker_threads'
    hmsffi.loadComponent(process.env.HMSFFI_TEST_PEER)
    const source = \`
      const { parentPort } = require('node:worker_threads')
      const hmsffi = require('hmsffi')
      const server = hmsffi.createServer()
      server.registerMethod('js', 'echo', (value) => value)
      server.start().then(async () => {
        const peer = await hmsffi.createClient().getService('peer')
        peer.callSync('pester')
        parentPort.postMessage('ready')
        for (;;) await peer.call('echo', 1)
      })\`
    for (let count = 0; count < 20; count++) {
      const worker = new Worker(source, { eval: true, execArgv: [] })
      await new Promise((resolve) => worker.once('message', resolve))
      await new Promise((resolve) => setTimeout(resolve, count))
      await worker.terminate()
    }
    console.log('alive')
    process.exit(0)`, { timeout: 60_000 })
  assert.deepStrictEqual({ status, signal, stdout, stderr }, { status: 0, signal: null, stdout: 'alive\n', stderr: '' })
})

test('the main thread goes on after all that', async () => {
  assert.equal(await (await peer()).call('echo', 1), 1)
})
