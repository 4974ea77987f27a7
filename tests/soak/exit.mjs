// Ends while calls and a stream are under way, on the event loop and on handler threads. Status 0 is the test.
import { setTimeout as sleep } from 'node:timers/promises'

import { StreamType, createClient, createServer } from '../../bindings/node/dist/index.mjs'

const server = createServer({ name: 'exit' })
server.registerMethod('exit', 'nap', async (body) => {
  await sleep(1)
  return body
})
server.registerStreamMethod(
  'exit',
  'count',
  async function* () {
    for (let i = 0; ; i++) yield i
  },
  { streamType: StreamType.Server },
)
await server.start()

const service = await createClient().getService('exit')

async function callForEver(timeout) {
  for (;;) {
    const call = service.call('nap', Buffer.from('x'), timeout ? { timeout } : undefined)
    // How the calls end while the process does is not the test's concern.
    await call.catch(() => sleep(1))
  }
}

async function receiveForEver() {
  for await (const _ of service.streamCall('count'));
}

callForEver()
callForEver(1000)
receiveForEver()
setTimeout(() => process.exit(0), 3 + (process.pid % 4))
