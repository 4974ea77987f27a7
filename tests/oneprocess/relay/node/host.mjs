// A process with a main program in Node.js: see ../README.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

import { HmsError, createClient, loadComponent } from '../../../../bindings/node/dist/index.mjs'
import { serve } from './relay.mjs'

async function obey(client, line) {
  const [command, ...words] = line.split(' ')
  switch (command) {
    case 'load':
      loadComponent(words.join(' '))
      return { answer: '' }
    case 'result':
      return shown(await client.asyncCall(words[0]).result())
    case 'cancel':
      client.asyncCall(words[0]).cancel()
      return { answer: '' }
    case 'lend':
      return lend(await client.getService(words[0]), Number(words[1]))
  }
  const [id, method, contentType, digits, timeout, pair] = words
  const file = digits.startsWith('@') ? digits.slice(1) : undefined
  const body = file === undefined ? Buffer.from(digits, 'hex') : readFileSync(file)
  const options = { contentType }
  if (timeout !== '0') options.timeout = Number(timeout)
  if (pair) options.metadata = Object.fromEntries([pair.split('=')])
  const service = await client.getService(id)
  if (command === 'submit') return shown(Buffer.from(service.callAsync(method, body, options).id))
  let metadata = {}
  options.onMetadata = (pairs) => (metadata = pairs)
  const answer = await service.call(method, body, options)
  if (file === undefined) return { ...shown(answer), metadata }
  writeFileSync(file, answer)
  return { answer: '', metadata }
}

function lend(service, length) {
  const invert = service.bind('invert')
  const loan = invert.loan(length)
  for (let index = 0; index < length; index++) loan[index] = index % 251
  let report
  const answer = invert.callSync(loan, { view: true, onReport: (taken) => (report = taken) })
  const right = answer.length === length && answer.every((byte, index) => byte === 255 - (index % 251))
  answer.release()
  loan.release()
  return { answer: right ? '' : '00', transport: report.transport, copied: report.bytesCopied }
}

function shown(answer) {
  return Buffer.isBuffer(answer) ? { answer: answer.toString('hex') } : { value: answer }
}

function chain(error) {
  const found = []
  for (; error instanceof HmsError; error = error.cause) {
    const { code, message, details } = error
    found.push({ code, message, details, stack: error.handlerStack })
  }
  return found
}

const client = createClient()
const server = process.argv[2] === 'caller' ? undefined : await serve(client)
for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = await obey(client, line)
  } catch (error) {
    answer = { error: chain(error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await server?.close()
