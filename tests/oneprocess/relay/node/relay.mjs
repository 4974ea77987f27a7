// relay.node: see ../README.md.
import { readFileSync } from 'node:fs'

import { Code, HmsError, convertPayload, createServer, instanceId } from '../../../../bindings/node/dist/index.mjs'

let givenUp = 0

async function relay(client, route, call) {
  let text = route.toString('latin1')
  while (text.startsWith('nap>')) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    text = text.slice('nap>'.length)
  }
  const arrow = text.indexOf('>')
  if (arrow >= 0) return passOn(client, `relay.${text.slice(0, arrow)}`, text.slice(arrow + 1))
  if (text.startsWith('result:')) return client.asyncCall(text.slice('result:'.length)).result()
  switch (text) {
    case 'instance':
      return Buffer.from(instanceId())
    case 'time-left':
      return Buffer.from(String(Number.isFinite(call.timeLeft) ? Math.round(call.timeLeft * 1e6) : 0))
    case 'fail':
      throw new HmsError(Code.PermissionDenied, 'node refuses', { details: { language: 'node' } })
    case 'wait':
      await new Promise((resolve) => {
        if (call.signal.aborted) resolve()
        else call.signal.addEventListener('abort', resolve)
      })
      givenUp++
      return Buffer.alloc(0)
    case 'given-up':
      return Buffer.from(String(givenUp))
    case 'crash':
      throw new TypeError('node throws')
    default:
      return Buffer.from(text, 'latin1')
  }
}

function mirror(body, call) {
  call.setMetadata('by', 'node')
  for (const [key, value] of Object.entries(call.metadata)) call.setMetadata(value, key)
  return body
}

function invert(body, call) {
  const answer = call.loan(body.length)
  for (let index = 0; index < body.length; index++) answer[index] = ~body[index]
  return answer
}

function convert(body) {
  const schema = readFileSync(process.env.RELAY_SCHEMA, 'utf8')
  const change = (payload, from, to) => convertPayload(schema, payload, { from, to, deterministic: true }).payload
  return change(change(change(body, 'cbor', 'json'), 'json', 'protobuf'), 'protobuf', 'cbor')
}

async function passOn(client, id, rest) {
  const service = await client.getService(id)
  try {
    return await service.call('relay', Buffer.from(rest, 'latin1'))
  } catch (error) {
    throw new HmsError(error.code, 'node could not pass it on', { cause: error })
  } finally {
    await service.close()
  }
}

export async function serve(client) {
  const server = createServer({ name: 'relay.node' })
  server.registerService({
    id: 'relay.node',
    methods: {
      relay: (route, call) => relay(client, route, call),
      mirror,
      echo: (body) => body,
      invert: { handler: invert, view: true },
      convert,
      value: (value) => value,
    },
  })
  await server.start()
  return server
}
