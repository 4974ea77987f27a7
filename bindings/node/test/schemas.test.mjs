import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'

import { Code, Uuid, compareSchemas, convertPayload, convertSchema, createClient, createServer, schemaOfMessage } from 'hmsffi'
import { z } from 'zod'

import { failure, served, thrown } from './support.mjs'

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

const person = z.object({
  name: z.string().min(1),
  times: z.int().min(1).default(1),
  mail: z.email().optional(),
  id: z.uuid().optional(),
  pet: z.discriminatedUnion('kind', [z.object({ kind: z.literal('cat') }), z.object({ kind: z.literal('dog') })]).optional(),
})

test('a schema of zod is that of a method: what does not fit is refused with its place, and defaults are put in', async () => {
  const methods = { hello: { handler: (params) => params, inputSchema: person, outputSchema: person } }
  await served('zod', methods, async (service) => {
    assert.deepEqual(await service.call('hello', { name: 'Ada' }), { name: 'Ada', times: 1 })
    const refused = await failure(service.call('hello', { name: '', times: 1.5, mail: 'x', pet: { kind: 'cow' } }))
    assert.equal(refused.code, Code.InvalidArgument)
    const places = JSON.parse(refused.details['hms.violations']).map(({ path }) => path)
    assert.deepEqual([...new Set(places.sort())], ['$.mail', '$.name', '$.pet', '$.times'])
    const id = new Uuid('00000000-0000-4000-8000-000000000001')
    assert.deepEqual((await service.call('hello', { name: 'Ada', id })).id, id)
  })
})

test('JSON Schema is told from a schema of this system, as an object and as text', async () => {
  const accepts = async (inputSchema, value) => {
    const methods = { m: { handler: () => 'taken', inputSchema } }
    return served('forms', methods, (service) => service.call('m', value).catch(({ code }) => code))
  }
  for (const schema of [{ type: 'integer' }, { type: 'INTEGER' }, { type: 3 }, { anyOf: [{ type: 'integer' }] }, { enum: [1, 2] }]) {
    assert.equal(await accepts(schema, 1), 'taken', JSON.stringify(schema))
    assert.equal(await accepts(schema, 'one'), Code.InvalidArgument, JSON.stringify(schema))
    assert.equal(await accepts(JSON.stringify(schema), 'one'), Code.InvalidArgument, JSON.stringify(schema))
  }
  assert.equal(await accepts({}, 'anything'), 'taken')
})

test('what cannot be checked is a warning, or an error when nothing could be', async () => {
  const warned = once(process, 'warning')
  await served('lossy', { m: { handler: () => 1, inputSchema: { type: 'string', not: { const: 'x' } } } }, () => {})
  const [warning] = await warned
  assert.equal(warning.name, 'HmsffiWarning')
  assert.equal(warning.message, "inputSchema of method 'm': /: not is not checked: there is no negation")

  const server = createServer()
  const refusal = (inputSchema) => thrown(() => server.registerMethod('wrong', 'm', () => {}, { inputSchema }))
  const transformed = refusal(z.string().transform((text) => text.length))
  assert.equal(transformed.code, Code.InvalidArgument)
  assert.match(transformed.message, /^inputSchema of method 'm': this schema of zod has no form in JSON Schema: .*ransform/)
  assert.match(refusal({ '~standard': { vendor: 'other' } }).message, /z\.toJSONSchema/)
  assert.match(refusal({ fields: [] }).message, /type/)
  await server.close()
})

test('schemas are converted, with what is lost, and compared', () => {
  const { schema, losses } = convertSchema({ type: 'object', properties: { a: { not: {} } } }, 'hms')
  assert.deepEqual(schema, { type: 'OBJECT', fields: [{ name: 'a', schema: { type: 'ANY' } }] })
  assert.deepEqual(losses, [{ path: '/properties/a', keyword: 'not', reason: 'there is no negation' }])
  const back = convertSchema(schema, 'json-schema').schema
  assert.deepEqual([back.type, back.properties], ['object', { a: {} }])
  assert.equal(thrown(() => convertSchema({ type: 'WHAT' }, 'hms')).code, Code.InvalidArgument)

  assert.deepEqual(compareSchemas({ type: 'INTEGER' }, { type: 'integer' }), [])
  const [difference] = compareSchemas(z.object({ name: z.string().optional() }), z.object({ name: z.string() }))
  assert.equal(difference.path, '$.name')
  assert.deepEqual([difference.breaksBackward, difference.breaksForward, difference.movesFirst], [true, false, 'writer'])
})

test('a payload changes its encoding as its schema tells', () => {
  const numbered = (name, type, number) => ({ name, schema: { type, metadata: { 'hms.protobuf.number': number } } })
  const visit = { type: 'OBJECT', fields: [numbered('at', 'DATETIME', '1'), numbered('scan', 'BINARY', '2')] }
  const text = Buffer.from('{"ward": 1.5, "scan": "AQI=", "at": "2013-03-21T20:04:00Z"}')
  const message = convertPayload(visit, text, { from: 'json', to: 'protobuf' })
  assert.equal(message.payload.toString('latin1'), '\n\x142013-03-21T20:04:00Z\x12\x02\x01\x02')
  assert.deepEqual(message.losses, [{ path: '$.ward', message: 'the schema has no such field', code: 'encoding' }])
  const cbor = convertPayload(visit, text, { from: 'json', to: 'cbor', deterministic: true })
  assert.equal(cbor.payload.toString('latin1'), '\xa3bat\xc0t2013-03-21T20:04:00Zdscan\x42\x01\x02dward\xf9\x3e\x00')
  assert.equal(convertPayload(visit, Buffer.from('{}'), { from: 'json', to: 'protobuf' }).payload.length, 0)
  const refused = thrown(() => convertPayload(z.int(), Buffer.from('"one"'), { from: 'json', to: 'cbor' }))
  assert.equal(refused.code, Code.InvalidArgument)
  assert.equal(JSON.parse(refused.details['hms.violations'])[0].path, '$')
})

test('the schema of a message says what its bytes mean', () => {
  // What protoc writes of: package shop; message Item { string name = 1; sint32 left = 2; }
  const set = Buffer.from(
    'CkoKCnNob3AucHJvdG8SBHNob3AiLgoESXRlbRISCgRuYW1lGAEgASgJUgRuYW1lEhIKBGxlZnQYAiABKBFSBGxlZnRiBnByb3RvMw==',
    'base64',
  )
  const item = schemaOfMessage(set)
  assert.deepEqual(schemaOfMessage(set, 'shop.Item'), item)
  assert.equal(item.schema_id, 'shop.Item')
  const { payload } = convertPayload(item, Buffer.from('\n\x03tea\x10\x03', 'latin1'), { from: 'protobuf', to: 'json' })
  assert.deepEqual(JSON.parse(payload), { name: 'tea', left: -2 })
  assert.equal(thrown(() => schemaOfMessage(set, 'shop.Items')).code, Code.NotFound)
  assert.equal(thrown(() => schemaOfMessage(Buffer.from('no descriptors'))).code, Code.InvalidArgument)
  assert.equal(thrown(() => schemaOfMessage('text')).code, Code.InvalidArgument)
})
