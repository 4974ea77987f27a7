import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

import { PEER, run, thrown } from './support.mjs'
import { Code, loadComponent } from 'hmsffi'

const serve = `
const server = hmsffi.createServer({ name: 'end' })
server.registerMethod('js', 'echo', (value) => value)
await server.start()
`

test('a process with nothing left to do ends', () => {
  const { status, stderr } = run(`
    const server = hmsffi.createServer()
    server.registerMethod('js', 'echo', (value) => value)
    await server.start()
    console.log(await (await hmsffi.createClient().getService('js')).call('echo', 1))
    await server.stop()`)
  assert.equal(status, 0, stderr)
})

test('a server that runs keeps the process alive, and lets go with unref', () => {
  assert.equal(run(serve, { timeout: 1500 }).signal, 'SIGTERM')
  assert.equal(run(`${serve} server.unref()`).status, 0)
  assert.equal(run(`${serve} server.unref(); server.ref(); server.unref()`).status, 0)
  assert.equal(run(`${serve} setTimeout(() => server.stop(), 50); await server.wait()`).status, 0)
  assert.equal(run(`${serve} setTimeout(() => server.close(), 50)`).status, 0)
})

test('a call that is waited for keeps the process alive', () => {
  const { status, stdout } = run(`
    hmsffi.loadComponent(process.env.HMSFFI_TEST_PEER)
    const peer = await hmsffi.createClient().getService('peer')
    peer.call('patient', 1, { timeout: 200 }).catch((error) => console.log(error.codeName))`)
  assert.equal(status, 0)
  assert.equal(stdout, 'DEADLINE_EXCEEDED\n')
})

test('process.exit ends well while threads of other languages call handlers here', () => {
  for (let count = 0; count < 20; count++) {
    const { status, signal, stderr } = run(`${serve}
      hmsffi.loadComponent(process.env.HMSFFI_TEST_PEER)
      const peer = await hmsffi.createClient().getService('peer')
      for (let threads = 0; threads < 3; threads++) peer.callSync('pester')
      setTimeout(() => process.exit(0), ${20 + count})`)
    assert.deepStrictEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: '' })
  }
})

test('process.exit inside a handler ends well', () => {
  const { status, stderr } = run(`${serve}
    server.registerMethod('js', 'quit', () => process.exit(7))
    await (await hmsffi.createClient().getService('js')).call('quit')`)
  assert.equal(status, 7, stderr)
})

test('an exception that nobody catches ends the process as usual', () => {
  const { status, stderr } = run(`await (await hmsffi.createClient().getService('none')).call('x')`)
  assert.equal(status, 1)
  assert.match(stderr, /HmsError: NOT_FOUND \(5\): no service 'none'/)
})

test('the package is one, whether imported or required', () => {
  const { status, stdout, stderr } = run(`
    import { createRequire } from 'node:module'
    const required = createRequire(process.cwd() + '/test/x.js')('hmsffi')
    console.log(required.HmsError === hmsffi.HmsError, required.instanceId() === hmsffi.instanceId())`)
  assert.equal(status, 0, stderr)
  assert.equal(stdout, 'true true\n')
  const cjs = spawnSync(process.execPath, ['-e', `
    const { createServer, createClient } = require('hmsffi')
    const server = createServer()
    server.registerMethod('js', 'echo', (value) => value)
    server.start().then(async () => {
      console.log((await createClient().getService('js')).callSync('echo', 'cjs'))
      await server.stop()
    })`], { cwd: new URL('..', import.meta.url), encoding: 'utf8' })
  assert.equal(cjs.stdout, 'cjs\n', cjs.stderr)
  assert.equal(cjs.status, 0)
})

test('a file that is no component is refused, a missing one is not found', () => {
  assert.equal(thrown(() => loadComponent('/nowhere/none.so')).code, Code.NotFound)
  assert.equal(thrown(() => loadComponent(new URL('peer.c', import.meta.url).pathname)).code, Code.InvalidArgument)
  loadComponent(PEER)
  loadComponent(PEER)
})

test('log lines reach a logger, and NODE_DEBUG by default', () => {
  const warn = `
    hmsffi.loadComponent(process.env.HMSFFI_TEST_PEER)
    await new Promise((resolve) => setTimeout(resolve, 100))`
  const set = run(`
    const lines = []
    const log = (level) => (line) => lines.push(level + ' ' + line)
    hmsffi.setLogger({ debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }, hmsffi.LogLevel.Debug)
    ${warn}
    console.log(JSON.stringify(lines))
    hmsffi.setLogger(undefined)`)
  assert.equal(set.status, 0, set.stderr)
  assert.equal(run(warn, { env: { NODE_DEBUG: 'hmsffi' } }).status, 0)
  assert.equal(run(warn).stderr, '')
})
