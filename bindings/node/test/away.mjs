// Another process: serves in lent memory until its input is closed.

import { once } from 'node:events'

import { StreamType, createServer, introspect } from 'hmsffi'

/** Answers with each byte one more. */
function added(bytes, call) {
  const answer = call.loan(bytes.length)
  for (let index = 0; index < bytes.length; index++) answer[index] = bytes[index] + 1
  return answer
}

/** What a service that answers in lent memory does. */
const lending = {
  now: { handler: added, view: true },
  later: { handler: async (bytes, call) => (await null, added(bytes, call)), view: true },
  half: (bytes, call) => added(bytes, call).subarray(0, bytes.length / 2),
  tail: (bytes, call) => added(bytes, call).subarray(1),
  tagged: (bytes, call) => (call.setMetadata('lent', 'yes'), added(bytes, call)),
  unused: (bytes, call) => void added(bytes, call),
  echo: { handler: (bytes) => bytes, view: true },
  pid: () => process.pid,
  buffers: () => introspect().buffers,
}

/** Hosts it, and beside it a stream that sends back what it gets. */
export async function host(id) {
  const server = createServer()
  server.registerService({ id, methods: lending })
  const echo = async function* (stream) {
    for await (const message of stream) yield message
  }
  server.registerStreamMethod(`${id}.stream`, 'all', echo, { streamType: StreamType.Bidirectional, view: true })
  await server.start()
  return server
}

if (process.argv[1] === import.meta.filename) {
  const server = await host('away')
  console.log('ready')
  process.stdin.resume()
  await once(process.stdin, 'end')
  await server.close()
}
