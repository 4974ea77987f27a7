import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Code, createClient, createServer } from 'hmsffi'

import { failure } from './support.mjs'

const amount = (least) => ({ type: 'INTEGER', constraints: { minimum: least } })

// Made for this version, in which any amount could be charged.
const madeFor = (version) => ({
  service_id: 'billing',
  version,
  methods: [{ name: 'charge', input_schema: amount(0) }],
})

test('a client gets the version of a service that it was made for, or is told why there is none', async () => {
  const server = createServer()
  for (const [version, least] of [['1.2.0', 0], ['1.3.0', 0], ['1.4.0', 5]]) {
    server.registerService({
      id: 'billing',
      version,
      methods: { charge: { handler: () => version, inputSchema: amount(least) } },
    })
  }
  await server.start()
  const client = createClient()
  const charged = async (options) => (await client.getService('billing', options)).call('charge', 7)
  assert.equal(await charged({ expects: madeFor('1.2.0') }), '1.3.0')
  assert.equal(await charged({ expects: JSON.stringify(madeFor('1.2.0')), binding: 'strict' }), '1.2.0')
  assert.equal(await charged(), '1.4.0')

  const refused = await failure(client.getService('billing@1.4.0', { expects: madeFor('1.2.0') }))
  assert.equal(refused.code, Code.FailedPrecondition)
  assert.match(refused.message, /charge input_schema \$ minimum: expected 0, provided 5 \(the caller must move\)/)
  assert.equal(JSON.parse(refused.details['hms.differences'])[1].must_move, 'caller')
  assert.equal((await failure(client.getService('nobody', { expects: {} }))).code, Code.NotFound)
  assert.equal((await failure(client.getService('billing', { expects: '{' }))).code, Code.InvalidArgument)
  assert.equal((await failure(client.getService('billing', { expects: {}, binding: 'near' }))).code, Code.InvalidArgument)
  await client.close()
  await server.close()
})
