// pair.mjs serve: serves `soak.node` until its standard input ends.
// pair.mjs call CALLS LANGUAGE...: makes CALLS calls of each of these; fails unless both ends are afterwards as large
// as before.
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { Code, HmsError, StreamType, createClient, createServer } from '../../bindings/node/dist/index.mjs'

const MOST_GROWTH_KIB = 1024
// Calls after which all is as large as it will ever be.
const WARM = 30_000
// What has grown once may have to be collected; what leaks grows each time.
const ROUNDS = 3
const SMALL = Buffer.alloc(64, 'x')
const LARGE = Buffer.alloc(20_000, 'y')

// KiB that the process has for itself, or shares; and how many descriptors.
async function size() {
  // What JavaScript no longer refers to is released when it is collected.
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await sleep(50)
  }
  const lines = readFileSync('/proc/self/status', 'utf8').split('\n')
  const kib = lines.filter((line) => /^Rss(Anon|Shmem):/.test(line)).map((line) => Number(line.match(/\d+/)[0]))
  return [kib.reduce((sum, one) => sum + one, 0), readdirSync('/proc/self/fd').length]
}

async function serve() {
  const server = createServer({ name: 'soak.node' })
  server.registerService({
    id: 'soak.node',
    methods: {
      echo: (body) => body,
      refuse: () => {
        throw new HmsError(Code.PermissionDenied, 'refused')
      },
      size: async () => Buffer.from((await size()).join(' ')),
    },
  })
  server.registerStreamMethod(
    'soak.node',
    'count',
    function* () {
      for (let i = 0; i < 3; i++) yield i
    },
    { streamType: StreamType.Server },
  )
  await server.start()
  for await (const _ of process.stdin);
  await server.close()
}

async function everyShape(service, calls) {
  for (let i = 0; i < calls; i++) {
    const body = i % 100 === 50 ? LARGE : SMALL
    const answer = i % 10 === 5 ? await service.call('echo', body) : service.callSync('echo', body)
    if (!answer.equals(body)) throw new Error('another answer')
    // These cross threads, or make an error with its stack.
    if (i % 100 !== 0) continue
    const refused = await service.call('refuse').catch((error) => error.code)
    if (refused !== Code.PermissionDenied) throw new Error(`refuse gave ${refused}`)
    for await (const _ of service.streamCall('count'));
  }
}

async function sizes(service) {
  const there = (await service.call('size', Buffer.alloc(0))).toString().split(' ').map(Number)
  return { here: await size(), there }
}

async function call(language, calls) {
  const service = await createClient().getService(`soak.${language}`)
  await everyShape(service, WARM)
  let grow = ['here', 'there']
  for (let round = 0; round < ROUNDS && grow.length > 0; round++) {
    const again = await endsThatGrow(service, language, calls)
    grow = grow.filter((end) => again.includes(end))
  }
  return grow.length === 0
}

async function endsThatGrow(service, language, calls) {
  const before = await sizes(service)
  await everyShape(service, calls)
  const after = await sizes(service)
  const ends = Object.keys(before)
  const more = (end) => after[end][0] - before[end][0]
  console.log(`node calls ${language}: ${calls} calls, ${ends.map((end) => `${more(end)} KiB more ${end}`).join(', ')}`)
  return ends.filter((end) => more(end) > MOST_GROWTH_KIB || after[end][1] > before[end][1])
}

const [command, calls, ...languages] = process.argv.slice(2)
if (command === 'serve') await serve()
else for (const language of languages) if (!(await call(language, Number(calls)))) process.exitCode = 1
