// Calls from Node.js to a handler in Rust: calls.mjs BUILT BLOCKS CALLS. One line of JSON for each measured block.
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

import { createClient, loadComponent } from '../../bindings/node/dist/index.mjs'

const [built, blocks, calls] = process.argv.slice(2)
const { copy } = createRequire(import.meta.url)(resolve(built, 'copy.node'))
loadComponent(resolve(built, 'rust.so'))

const service = await createClient().getService('bench.rust')
const echo = service.bind('echo')
const request = Buffer.alloc(64)

const ways = {
  'N-API copy': () => copy(request),
  'node to rust': () => echo.callSync(request),
  'node to rust, by name': () => service.callSync('echo', request),
}

function measure(way) {
  const start = process.hrtime.bigint()
  for (let i = 0; i < calls; i++) way()
  return Number(process.hrtime.bigint() - start) / calls
}

// The first block warms up.
for (let block = 0; block <= blocks; block++) {
  for (const [name, way] of Object.entries(ways)) {
    const ns = measure(way)
    if (block > 0) console.log(JSON.stringify({ name, ns }))
  }
}
