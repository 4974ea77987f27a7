import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'

import { Code, HmsError, createClient, createServer, currentCall } from 'hmsffi'

import { failure, peer, thrown } from './support.mjs'

const native = await peer()
const server = createServer({ name: 'handlers' })
let seen
server.registerService({
  id: 'js',
  methods: {
    echo: (value) => value,
    later: async (value) => {
      await sleep(1)
      return value
    },
    boom: () => {
      throw new TypeError('bad amount')
    },
    coded: async () => {
      throw new HmsError(Code.PermissionDenied, 'not you', { details: { role: 'admin' } })
    },
    thing: () => {
      throw 'just text'
    },
    info: (_, call) => {
      seen = call
      call.setMetadata('from', 'js')
      return { service: call.service, method: call.method, metadata: call.metadata, left: call.timeLeft }
    },
    nested: async (value) => (await createClient().getService('js')).call('echo', value),
    nested_sync: (value) => native.callSync('relay_pool', value),
    current: async () => {
      await sleep(1)
      return currentCall()?.method
    },
    unsendable: () => new Set(),
    overflow: () => {
      const deeper = () => deeper() + 1
      return deeper()
    },
  },
})
await server.start()
server.unref()
const js = await createClient().getService('js')

test('a handler on the caller\'s own thread is called directly', () => {
  assert.deepStrictEqual(js.callSync('echo', { a: 1 }), { a: 1 })
  assert.deepStrictEqual(native.callSync('relay', [1, 2]), [1, 2])
})

test('a handler is reached from a thread of another language', async () => {
  assert.equal(await native.call('relay_pool', 5), 5)
  assert.equal(await native.call('relay_async', 'late'), 'late')
  assert.equal(await native.call('relay_twice', 'deep'), 'deep')
})

test('four threads at once get the answers that are theirs', async () => {
  assert.equal(await native.call('storm', 'done', { timeout: 30_000 }), 'done')
})

test('blocking on what needs this thread is refused at once, not hung', () => {
  const start = performance.now()
  const error = thrown(() => native.callSync('relay_pool', 1))
  assert.equal(error.code, Code.Aborted)
  assert.match(error.message, /would wait for itself.*peer\.relay_pool -> js\.echo/)
  assert.ok(performance.now() - start < 1000)
})

test('the same below a handler that runs on a turn of the loop', async () => {
  const error = await failure(js.call('nested_sync', 1))
  assert.equal(error.code, Code.Aborted)
})

test('a promise for a caller that blocks this thread is refused', () => {
  for (const error of [thrown(() => js.callSync('later', 1)), thrown(() => native.callSync('relay_async', 1))]) {
    assert.equal(error.code, Code.Aborted)
    assert.match(error.message, /js\.later answers with a promise/)
  }
})

test('an exception is UNKNOWN with its stack; an HmsError keeps its code', async () => {
  for (const error of [thrown(() => js.callSync('boom')), await failure(js.call('boom'))]) {
    assert.equal(error.code, Code.Unknown)
    assert.equal(error.message, 'TypeError: bad amount')
    assert.match(error.handlerStack, /^TypeError: bad amount\n {4}at .*handlers\.test\.mjs/)
    assert.doesNotMatch(error.handlerStack, /AsyncLocalStorage/)
  }
  const coded = await failure(js.call('coded'))
  assert.equal(coded.code, Code.PermissionDenied)
  assert.deepStrictEqual(coded.details, { role: 'admin' })
  assert.equal((await failure(js.call('thing'))).message, "'just text'")
})

test('the error of a nested call is the cause, the caller\'s first', async () => {
  const error = await failure(native.call('relay_boom'))
  assert.equal(error.source, 'peer.relay_boom')
  assert.equal(error.cause.source, 'js.boom')
  assert.match(error.cause.handlerStack, /handlers\.test\.mjs/)

  server.registerMethod('js', 'passes_on', () => native.call('broken'))
  server.registerMethod('js', 'wraps', async () => {
    try {
      await native.call('broken')
    } catch (cause) {
      throw new Error('the charge failed', { cause })
    }
  })
  const passed = await failure(js.call('passes_on'))
  assert.equal(passed.code, Code.OutOfRange)
  assert.equal(passed.source, 'js.passes_on')
  assert.equal(passed.cause.source, 'peer.broken')
  assert.equal(passed.cause.handlerStack, 'broken (peer.c:1)')
  const wrapped = await failure(js.call('wraps'))
  assert.equal(wrapped.code, Code.Unknown)
  assert.equal(wrapped.cause.source, 'peer.broken')
})

test('an answer that cannot be carried fails the call', async () => {
  for (const error of [thrown(() => js.callSync('unsendable')), await failure(js.call('unsendable'))]) {
    assert.equal(error.code, Code.InvalidArgument)
    assert.match(error.message, /a Set is not carried/)
  }
})

test('a handler without end to its recursion fails only its call', async () => {
  for (const error of [thrown(() => js.callSync('overflow')), await failure(js.call('overflow'))]) {
    assert.match(error.message, /RangeError: Maximum call stack size exceeded/)
  }
  assert.equal(js.callSync('echo', 1), 1)
})

test('recursion through the library ends with an error', () => {
  server.registerMethod('js', 'again', () => js.callSync('again'))
  const error = thrown(() => js.callSync('again'))
  let last = error
  while (last.cause) last = last.cause
  assert.ok([Code.ResourceExhausted, Code.Unknown].includes(last.code), String(last))
  assert.equal(js.callSync('echo', 1), 1)
})

test('a handler sees who calls, with what, and for how long', async () => {
  let back
  const options = { metadata: { user: 'Ada' }, timeout: 5000, onMetadata: (metadata) => (back = metadata) }
  const info = await js.call('info', null, options)
  assert.equal(info.service, 'js')
  assert.equal(info.method, 'info')
  assert.deepStrictEqual(info.metadata, { user: 'Ada' })
  assert.ok(info.left > 3000 && info.left <= 5000, `${info.left}`)
  assert.deepStrictEqual(back, { from: 'js' })
  assert.equal(seen.signal.aborted, false)
  js.callSync('info', null, options)
  assert.deepStrictEqual(back, { from: 'js' })
})

test('the call is known where its handler goes on after an await', async () => {
  assert.equal(await js.call('current'), 'current')
  assert.equal(currentCall(), undefined)
})

test('a nested call inherits the deadline', async () => {
  server.registerMethod('js', 'inner_left', (_, call) => call.timeLeft)
  server.registerMethod('js', 'outer_left', async () => {
    await sleep(5)
    return js.call('inner_left')
  })
  const left = await js.call('outer_left', null, { timeout: 500 })
  assert.ok(left > 0 && left < 496, `${left}`)
})

test('the signal of a call is aborted when its caller goes away', async () => {
  let aborted
  const heard = new Promise((resolve) => (aborted = resolve))
  server.registerMethod('js', 'waits', async (_, call) => {
    call.signal.addEventListener('abort', () => aborted(call.signal.reason))
    await heard
  })
  const controller = new AbortController()
  const call = js.call('waits', null, { signal: controller.signal })
  await sleep(5)
  controller.abort()
  assert.equal((await failure(call)).code, Code.Cancelled)
  assert.equal((await heard).code, Code.Cancelled)
})

test('a caller on a worker thread that gives up is heard of too', async () => {
  let aborted
  const heard = new Promise((resolve) => (aborted = resolve))
  server.registerMethod('js', 'slow', (_, call) => {
    call.signal.addEventListener('abort', aborted)
    return heard
  })
  assert.equal((await failure(js.call('slow', null, { timeout: 20 }))).code, Code.DeadlineExceeded)
  await heard
})
