// Calls the services of this folder through typed clients.

import assert from 'node:assert/strict'

import { Code, DateTime, HmsError, Uuid, createClient } from 'hmsffi'

import { AllKinds, ClosedError, OutOfStockError, type Record } from './all_kinds.js'
import { Nasty } from './nasty.js'

const record: Record = {
  nothing: null,
  yes: true,
  count: -5,
  small: 255,
  large: 2n ** 64n - 1n,
  ratio: 0.5,
  text: 'Ada',
  bytes: Buffer.from([1, 2]),
  day: '2013-03-21',
  moment: new DateTime('2013-03-21T20:04:00Z'),
  id: new Uuid('00000000-0000-0000-0000-000000000001'),
  anything: [1, 'two'],
  color: 'dark-blue',
  list: [1, 2],
  map: { a: 1.5 },
  shape: { radius: 2.5 },
  nullable: null,
  maybe_list: [],
  maybe_null: { radius: 1.5 },
  inner: { deep: 'down' },
}

async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'nothing'
  } catch (error) {
    if (error instanceof OutOfStockError) return `${error.codeName}, ${error.data.left} of ${error.data.item} are left`
    if (error instanceof ClosedError) return `closed until ${error.data}`
    return error instanceof HmsError && error.code === Code.InvalidArgument ? 'INVALID_ARGUMENT' : String(error)
  }
}

await using client = createClient()
const kinds = await AllKinds.connect(client)
assert.deepEqual(await kinds.echo(record), record)
console.log('echo: the same')
console.log(`greet: ${await kinds.greet({ name: 'Ada', times: 2 })}`)
console.log(`greet: ${await kinds.greet({ name: 'Grace' }, { timeout: 10_000 })}`)
const tree = { name: '1', left: { name: '2', children: [{ name: '3', byName: { 4: { name: '4' } } }] } }
console.log(`depth: ${await kinds.depth(tree)}`)
console.log(`nest: ${JSON.stringify(await kinds.nest([]))}`)
console.log(`reverse: ${[...(await kinds.reverse(Buffer.from([1, 2, 3])))].join(' ')}`)
await kinds.nothing()
console.log('nothing: done')
console.log(`anything: ${await kinds.anything(7)}`)
console.log(`find: ${await kinds.find('Ada')}`)
console.log(`find: ${(await kinds.find('nobody')) ?? 'nobody'}`)
console.log(`who: ${await kinds.who(undefined, { metadata: { who: 'Ada' }, timeout: 10_000 })}`)
const radii: number[] = []
for await (const circle of kinds.grow(3)) radii.push(circle.radius)
console.log(`grow: ${radii.join(' ')}`)
const total = kinds.total()
for (const radius of [1.5, 3]) await total.send({ radius })
console.log(`total: ${await total.result()}`)
const label = kinds.label()
for (const text of ['one', 'two']) await label.send(text)
label.finish()
const labels: string[] = []
for await (const one of label) labels.push(one.text)
console.log(`label: ${labels.join(' ')}`)
console.log(`refused: ${await refusal(kinds.echo({ ...record, small: 256 }))}`)
console.log(`order: ${await refusal(kinds.order('tea'))}`)
console.log(`order: ${await refusal(kinds.order('night'))}`)
console.log(`grow: ${await refusal(kinds.grow(-1).receive())}`)
const nasty = await Nasty.connect(client)
const answer = await nasty.class({ class: 'class', for: 'for', '2nd': '2nd', constructor: 'own' })
console.log(`class: ${answer.for} ${answer.class}`)
const said = [await nasty.sayIt(), await nasty.sayIt2(), await nasty.constructor_(), ...(await nasty.list())]
console.log(`names: ${said.join(' ')}`)
