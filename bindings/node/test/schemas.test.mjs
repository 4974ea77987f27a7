import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Code, createClient, createServer } from 'hmsffi'

import { failure, thrown } from './support.mjs'

const greeting = {
  type: 'OBJECT',
  fields: [
    { name: 'name', required: true, schema: { type: 'STRING' } },
    { name: 'times', schema: { type: 'INTEGER', constraints: { minimum: 1 } }, default_value: btoa('1') },
  ],
}

test('a handler sees only what fits, with defaults put in; what it answers is checked where that is asked for', async () => {
  const server = createServer()
  const seen = []
  server.registerService({
    id: 'schemas',
    metadata: { 'hms.validate': 'always' },
    methods: {
      hello: { handler: (params) => (seen.push(params), params.name), inputSchema: greeting },
      lie: { handler: () => 'three', outputSchema: '{"type": "INTEGER"}' },
    },
  })
  await server.start()
  const service = await createClient().getService('schemas')
  const refused = await failure(service.call('hello', { times: 0 }))
  assert.equal(refused.code, Code.InvalidArgument)
  assert.ok(refused.message.includes('schemas.hello: $.times: 0 is below the minimum 1; $.name: required'), refused.message)
  assert.deepEqual(JSON.parse(refused.details['hms.violations'])[1], { path: '$.name', message: 'required', code: 'required' })
  assert.equal(thrown(() => service.callSync('hello', {})).code, Code.InvalidArgument)
  assert.equal(await service.call('hello', { name: 'Ada' }), 'Ada')
  assert.deepEqual(seen, [{ name: 'Ada', times: 1 }])
  assert.equal((await failure(service.call('lie'))).code, Code.Internal)
  await server.close()
})

test('a schema that is none is refused', async () => {
  const server = createServer()
  const wrong = { errorSchemas: [{ type: 'UNION' }] }
  const refused = thrown(() => server.registerMethod('wrong', 'm', () => {}, wrong))
  assert.ok(refused.message.includes("error_schemas[0] of method 'wrong.m': $: UNION needs one_of"), refused.message)
  await server.close()
})
