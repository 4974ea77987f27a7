import './domain.mjs'

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import { Code, TransportType, createClient, createServer, introspect } from 'hmsffi'

import { host } from './away.mjs'
import { failure, served, thrown, until } from './support.mjs'

const LARGE = 8 << 20

const child = spawn(process.execPath, [fileURLToPath(new URL('away.mjs', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
let away

before(async () => {
  const [line] = await once(child.stdout, 'data')
  assert.equal(String(line), 'ready\n')
  away = await createClient().getService('away')
})

after(async () => {
  child.stdin.end()
  const [status] = await once(child, 'exit')
  assert.equal(status, 0)
})

/** The same service in this process, while `use` runs. */
async function beside(id, use) {
  const server = await host(id)
  try {
    await use(await createClient().getService(id))
  } finally {
    await server.close()
  }
}

/** A loan that is filled. */
function filled(method, byte, length = LARGE) {
  return method.loan(length).fill(byte)
}

const all = (bytes, byte) => bytes.length > 0 && bytes.equals(Buffer.alloc(bytes.length, byte))

/**
 * Calls until so many calls in a row have copied nothing: memory between two processes grows by asking the other one, and what
 * it does not answer in time, on a busy machine, is copied.
 */
async function uncopied(times, call) {
  for (let row = 0, turn = 0; row < times; turn++) {
    const report = await call(turn % 100)
    row = report.bytesCopied === 0 ? row + 1 : 0
    assert.equal(report.transport, TransportType.SharedMemory)
    assert.ok(turn < 200, `${report.bytesCopied} bytes were copied`)
  }
}

test('what is lent travels to another process and back without a copy', async () => {
  for (const [name, length] of Object.entries({ now: LARGE, later: LARGE, half: LARGE / 2, tagged: LARGE })) {
    const method = away.bind(name)
    await uncopied(8, (byte) => {
      const loan = filled(method, byte)
      let report
      const answer = method.callSync(loan, { view: true, onReport: (taken) => (report = taken) })
      assert.equal(answer.length, length)
      assert.ok(all(answer, byte + 1))
      answer.release()
      loan.release()
      assert.equal(answer.length, 0)
      assert.equal(loan.length, 0)
      loan.release()
      return report
    })
    await uncopied(1, async (byte) => {
      const loan = filled(method, byte)
      let sent
      const call = method.call(loan.subarray(5000), { view: true, onReport: (taken) => (sent = taken) })
      loan.release()
      const answer = await call
      assert.ok(all(answer, byte + 1))
      answer[Symbol.dispose]()
      assert.equal(answer.length, 0)
      return sent
    })
  }
})

test('a part of a loan that is no beginning is an answer too, copied', async () => {
  assert.ok(all(await away.call('tail', Buffer.alloc(LARGE, 1)), 2))
  assert.ok(all(away.callSync('echo', Buffer.alloc(LARGE, 1)), 1))
  assert.ok(all(await away.call('now', Buffer.alloc(100, 1), { view: true }), 2))
})

test('what nobody released is released when it is collected', async () => {
  const method = away.bind('unused')
  const before = introspect().buffers
  const there = away.callSync('buffers')
  for (let turn = 0; turn < 10; turn++) {
    method.callSync(filled(method, turn))
    away.callSync('now', Buffer.alloc(LARGE), { view: true })
  }
  await until(() => {
    globalThis.gc()
    return introspect().buffers <= before
  })
  // The other process cannot collect at will, but is fine.
  assert.ok(away.callSync('buffers') <= there + 20)
})

test('what a worker held is released when it ends', async () => {
  const { buffers } = introspect()
  const program = `
    const { parentPort } = require('node:worker_threads')
    require('hmsffi').createClient().getService('away').then((away) => {
      globalThis.held = [away.bind('now').loan(8 << 20), away.callSync('now', Buffer.alloc(8 << 20), { view: true })]
      parentPort.postMessage(require('hmsffi').introspect().buffers)
    })`
  const worker = new Worker(program, { eval: true })
  const [[held]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  assert.equal(held, buffers + 2)
  await until(() => introspect().buffers === buffers)
})

test('a loan cannot be moved to where its end would not be known', async () => {
  const loan = filled(away.bind('now'), 1)
  try {
    // Node.js 20 copies it.
    structuredClone(loan, { transfer: [loan.buffer] })
  } catch (error) {
    assert.equal(error.name, 'DataCloneError')
  }
  assert.ok(all(loan, 1))
  if (loan.buffer.transfer) {
    // The engine's own way cannot be refused: what was moved stays until it is collected.
    const moved = loan.buffer.transfer()
    loan.release()
    assert.ok(all(Buffer.from(moved), 1))
  }
  loan.release()
})

test('in one process loans are ordinary memory', async () => {
  await beside('here', async (here) => {
    for (const name of ['now', 'later', 'tagged']) {
      const method = here.bind(name)
      for (const length of [0, 1, 5000, 40_000, LARGE]) {
        const loan = filled(method, 1, length)
        const call = name === 'later' ? method.call : async (...rest) => method.callSync(...rest)
        let report
        const answer = await call.call(method, loan, { view: true, onReport: (taken) => (report = taken) })
        assert.equal(answer.length, length)
        assert.equal(report.transport, TransportType.InProcess)
        if (length > 0) assert.ok(all(answer, 2))
        if (length > 40_000 && name !== 'later') assert.equal(report.bytesCopied, 0)
        answer.release()
        loan.release()
      }
    }
    assert.equal(here.callSync('unused', Buffer.alloc(LARGE)), null)
  })
})

test('a request that is read in place is empty when it is answered', async () => {
  const seen = []
  const keep = (bytes) => (seen.push(bytes), bytes.length)
  const later = async (bytes) => (await null, keep(bytes))
  const methods = { now: { handler: keep, view: true }, later: { handler: later, view: true } }
  await served('kept', methods, async (kept) => {
    assert.equal(kept.callSync('now', Buffer.alloc(LARGE)), LARGE)
    assert.equal(await kept.call('now', Buffer.alloc(LARGE)), LARGE)
    assert.equal(await kept.call('later', Buffer.alloc(LARGE)), LARGE)
  })
  assert.deepStrictEqual(seen.map((bytes) => bytes.length), [0, 0, 0])
})

test('a loan that was given away is empty', async () => {
  let loan
  await served('giving', { give: (_, call) => (loan = call.loan(LARGE)) }, async (giving) => {
    assert.equal(giving.callSync('give').length, LARGE)
    assert.equal(loan.length, 0)
    assert.equal((await giving.call('give')).length, LARGE)
  })
})

test('messages of a stream are read in place', async () => {
  const echoed = async (id) => {
    const service = await createClient().getService(`${id}.stream`)
    const stream = service.streamCall('all', null, { view: true })
    for (const length of [1, 5000, 40_000, LARGE]) {
      await stream.send(Buffer.alloc(length, 3))
      const message = await stream.receive()
      assert.equal(message.length, length)
      assert.ok(all(message, 3))
      message.release()
    }
    stream.finish()
    assert.equal(await stream.receive(), undefined)
  }
  await echoed('away')
  await beside('here', () => echoed('here'))
})

test('loans that cannot be are refused', async () => {
  const server = createServer({ maxMessageSize: 4096 })
  let open
  server.registerMethod('small', 'm', (_, call) => {
    open = call
    assert.equal(thrown(() => call.loan(4097)).code, Code.ResourceExhausted)
    assert.equal(thrown(() => call.loan(-1)).code, Code.InvalidArgument)
    return call.loan(4096)
  })
  await server.start()
  const method = (await createClient().getService('small')).bind('m')
  assert.equal(thrown(() => method.loan(4097)).code, Code.ResourceExhausted)
  for (const length of [-1, 0.5, Number.NaN, 2 ** 60]) assert.equal(thrown(() => method.loan(length)).code, Code.InvalidArgument)
  assert.equal(method.callSync().length, 4096)
  assert.equal(thrown(() => open.loan(1)).code, Code.InvalidArgument)
  method.close()
  assert.equal(thrown(() => method.loan(1)).code, Code.FailedPrecondition)
  await server.close()
})

test('a call takes the way that it is allowed, and says which', async () => {
  assert.equal(away.callSync('pid'), child.pid)
  await beside('away', async (service) => {
    const { InProcess, SharedMemory, Tcp } = TransportType
    for (const [options, pid, transport] of [
      [{}, process.pid, InProcess],
      [{ transport: InProcess }, process.pid, InProcess],
      [{ transport: SharedMemory }, child.pid, SharedMemory],
      [{ forbidTransports: [InProcess] }, child.pid, SharedMemory],
      [{ forbidTransports: [SharedMemory, Tcp] }, process.pid, InProcess],
    ]) {
      let report
      options.onReport = (taken) => (report = taken)
      assert.equal(service.callSync('pid', null, options), pid)
      assert.equal(report.transport, transport)
      assert.equal(await service.call('pid', null, options), pid)
      assert.equal(report.transport, transport)
    }
    const pinned = await createClient({ transport: SharedMemory }).getService('away')
    assert.equal(pinned.callSync('pid'), child.pid)
  })
})

test('a way that does not lead there is refused', async () => {
  await beside('here', async (here) => {
    const { Default, InProcess, SharedMemory, Grpc } = TransportType
    for (const [service, options, code] of [
      [here, { transport: SharedMemory }, Code.Unavailable],
      [here, { forbidTransports: [InProcess] }, Code.Unavailable],
      [away, { transport: InProcess }, Code.Unavailable],
      [here, { transport: Grpc }, Code.Unimplemented],
      [here, { transport: 99 }, Code.InvalidArgument],
      [here, { transport: -1 }, Code.InvalidArgument],
      [here, { forbidTransports: [99] }, Code.InvalidArgument],
      [here, { forbidTransports: [Default] }, Code.InvalidArgument],
    ]) {
      let report
      const reporting = { ...options, onReport: (taken) => (report = taken) }
      assert.equal(thrown(() => service.callSync('pid', null, reporting)).code, code)
      if (report) assert.deepStrictEqual(report, { transport: Default, bytesCopied: 0 })
      assert.equal((await failure(service.call('pid', null, reporting))).code, code)
    }
  })
})
