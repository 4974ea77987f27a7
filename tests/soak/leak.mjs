// leak.mjs CALLS: makes CALLS calls of each shape, and fails unless afterwards as much is alive as after the first tenth.
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { Code, HmsError, createClient, createServer, introspect } from '../../bindings/node/dist/index.mjs'

const calls = Number(process.argv[2])
const server = createServer({ name: 'soak' })
server.registerService({
  id: 'soak',
  methods: {
    echo: (body) => body,
    refuse: () => {
      throw new HmsError(Code.PermissionDenied, 'refused')
    },
  },
})
await server.start()

const service = await createClient().getService('soak')
const body = Buffer.alloc(64)

async function everyShape(count) {
  for (let i = 0; i < count; i++) {
    service.callSync('echo', body)
    // These cross threads, or make an error with its stack.
    if (i % 100 !== 0) continue
    await service.call('echo', body)
    const refused = await service.call('refuse').catch((error) => error.code)
    if (refused !== Code.PermissionDenied) throw new Error(`refuse gave ${refused}`)
  }
}

async function alive() {
  // What JavaScript no longer refers to is released when it is collected.
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await sleep(50)
  }
  const { handles, buffers, queuedBytes, calls, threads } = introspect()
  const descriptors = readdirSync('/proc/self/fd').length
  return { ...handles, buffers, queuedBytes, calls, threads, descriptors }
}

await everyShape(calls / 10)
const before = await alive()
const memoryBefore = process.memoryUsage.rss()
await everyShape(calls)
const after = await alive()
const grown = (process.memoryUsage.rss() - memoryBefore) / 1024
console.log(`${calls} calls, ${after.descriptors} descriptors, ${grown.toFixed()} KiB more`)
await server.close()
// The thread that keeps time comes and goes. Less of anything else is no leak either.
before.threads += 1
const left = Object.keys(after).filter((name) => after[name] > before[name])
if (left.length > 0) {
  console.error({ left, before, after })
  process.exitCode = 1
}
