// A process with a main program in Node.js: see ../README.md.
import { createInterface } from 'node:readline'

import { HmsError, createClient, loadComponent } from '../../../../bindings/node/dist/index.mjs'
import { serve } from './relay.mjs'

async function obey(client, line) {
  const [command, ...words] = line.split(' ')
  if (command === 'load') {
    loadComponent(words.join(' '))
    return Buffer.alloc(0)
  }
  const [service, method, contentType, digits, timeout] = words
  const options = { contentType }
  if (timeout !== '0') options.timeout = Number(timeout)
  const answer = await (await client.getService(service)).call(method, Buffer.from(digits, 'hex'), options)
  return answer
}

function chain(error) {
  const found = []
  for (; error instanceof HmsError; error = error.cause) {
    found.push({ code: error.code, message: error.message, stack: error.handlerStack })
  }
  return found
}

const client = createClient()
const server = await serve(client)
for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = { answer: (await obey(client, line)).toString('hex') }
  } catch (error) {
    answer = { error: chain(error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await server.close()
