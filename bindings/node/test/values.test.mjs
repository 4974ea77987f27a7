import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { DateTime, Decimal, Encoded, Uuid } from 'hmsffi'

import { failure, peer, served, thrown } from './support.mjs'

const vectors = JSON.parse(readFileSync(new URL('../../../tests/golden/values.json', import.meta.url), 'utf8'))
const echo = (await peer()).bind('echo')
/** Bytes as if a handler had answered with them as CBOR. */
const { readCbor } = await import('../dist/cbor-reader.js')
const { CborWriter } = await import('../dist/cbor-writer.js')

const write = (value) => {
  const place = Buffer.alloc(64)
  const written = new CborWriter(place).write(value)
  return (typeof written === 'number' ? place.subarray(0, written) : written).toString('hex')
}

function valueOf({ kind, value, nested, name }) {
  if (nested !== undefined) {
    let inner = valueOf(value)
    for (let depth = 0; depth < nested; depth++) inner = kind === 'list' ? [inner] : { a: inner }
    return inner
  }
  switch (kind) {
    case 'null':
    case 'bool':
    case 'text':
      return value
    case 'int':
      return typeof value === 'number' ? value : BigInt(value)
    case 'bigint':
      return BigInt(value)
    case 'float':
      return typeof value === 'number' ? value : value === '-0.0' ? -0 : Number(value)
    case 'bytes':
      return Buffer.from(value, 'hex')
    case 'list':
      return value.map(valueOf)
    case 'map': {
      const map = {}
      for (const [key, item] of value) {
        Object.defineProperty(map, key, { value: valueOf(item), enumerable: true, configurable: true, writable: true })
      }
      return map
    }
    case 'datetime':
      return new DateTime(value)
    case 'uuid':
      return new Uuid(value)
    case 'decimal':
      return new Decimal(value)
  }
  throw new Error(`${name}: unknown kind ${kind}`)
}

/** Whether JavaScript has another form for it: a float without fraction is an integer, and keys like "10" come first. */
function isWrittenOtherwise({ kind, value, nested }) {
  if (nested !== undefined) return isWrittenOtherwise(value)
  if (kind === 'float') return Number.isSafeInteger(value)
  if (kind === 'list') return value.some(isWrittenOtherwise)
  if (kind !== 'map') return false
  return value.some(([key, item], index) => (index > 0 && /^\d+$/.test(key)) || isWrittenOtherwise(item))
}

for (const vector of vectors) {
  if (vector.error) {
    test(`golden: refused: ${vector.name}`, () => {
      const error = thrown(() => readCbor(Buffer.from(vector.hex, 'hex')))
      assert.equal(error.codeName, 'INVALID_ARGUMENT')
      assert.ok(error.message.includes(vector.reason), `${error.message} lacks ${vector.reason}`)
    })
    continue
  }
  test(`golden: ${vector.name}`, () => {
    const expected = valueOf(vector)
    for (const hex of [vector.hex, ...(vector.also ?? [])]) {
      assert.deepStrictEqual(readCbor(Buffer.from(hex, 'hex')), expected, hex)
    }
    if (!isWrittenOtherwise(vector)) assert.equal(write(expected), vector.hex)
    assert.deepStrictEqual(readCbor(Buffer.from(write(expected), 'hex')), expected)
  })
}

test('a value goes through a call of another language and comes back', () => {
  const value = {
    text: 'Grüße 😀',
    long: 'x'.repeat(100_000),
    list: [1, -1, 1.5, 2 ** 53, 2n ** 63n, -(2n ** 70n), null, true],
    bytes: Buffer.from([1, 2, 3]),
    when: new DateTime('2013-03-21T20:04:00.123456789+02:00'),
    id: new Uuid('123e4567-e89b-12d3-a456-426614174000'),
    price: new Decimal('-12.50'),
    nested: { a: { b: { c: [] } } },
  }
  assert.deepStrictEqual(echo.callSync(value), value)
})

test('raw bytes go as they are, whatever view they are behind', () => {
  const bytes = Buffer.from([0, 1, 2, 250])
  for (const view of [bytes, new Uint8Array(bytes), new Uint8Array(bytes).buffer, new DataView(new Uint8Array(bytes).buffer)]) {
    assert.deepStrictEqual(echo.callSync(view), bytes)
  }
  for (const length of [0, 1, 1024, 1025, 40_000, 5_000_000]) {
    const long = Buffer.alloc(length, 7)
    assert.ok(echo.callSync(long).equals(long), `${length} bytes`)
  }
})

test('a result of bytes is the caller\'s own', () => {
  const first = echo.callSync(Buffer.from('first'))
  echo.callSync(Buffer.from('other'))
  assert.equal(first.toString(), 'first')
})

test('no value at all is null', () => assert.equal(echo.callSync(), null))

test('a property that is undefined is left out', () => {
  assert.deepStrictEqual(echo.callSync({ a: undefined, b: 1, c: undefined }), { b: 1 })
})

test('a Map is written as a map, a null prototype as an object, a Date with its milliseconds', () => {
  assert.deepStrictEqual(echo.callSync(new Map([['a', 1]])), { a: 1 })
  assert.deepStrictEqual(echo.callSync(Object.assign(Object.create(null), { a: 1 })), { a: 1 })
  assert.equal(echo.callSync(new Date(1500)).text, '1970-01-01T00:00:01.5Z')
  assert.equal(echo.callSync(new Date(1500)).getTime(), 1500)
})

test('a key __proto__ is a property like any other', () => {
  const back = echo.callSync(JSON.parse('{"__proto__": {"polluted": true}}'))
  assert.equal(Object.getPrototypeOf(back), Object.prototype)
  assert.deepStrictEqual(Object.getOwnPropertyDescriptor(back, '__proto__').value, { polluted: true })
})

test('what cannot be carried is refused with its place and type', () => {
  class Point {}
  const cyclic = []
  cyclic.push(cyclic)
  const cases = [
    [{ a: [undefined] }, '$.a[0]: undefined is not carried; use null'],
    [{ rows: [{ 'first name': () => {} }] }, '$.rows[0]["first name"]: a function is not carried'],
    [{ p: new Point() }, '$.p: a Point is not carried'],
    [{ s: new Set() }, '$.s: a Set is not carried'],
    [[Symbol('x')], '$[0]: a symbol is not carried'],
    [{ f: new Float64Array(1) }, '$.f: a Float64Array is not carried'],
    [{ t: '\ud800' }, '$.t: text has half of a surrogate pair'],
    [{ '\ud800': 1 }, '$: map key: text has half of a surrogate pair'],
    [new Map([[1, 2]]), '$: map key is a number; keys are text'],
    [{ d: new Date(Number.NaN) }, '$.d: Invalid Date is not a date-time'],
    [{ n: 2n ** 9000n }, '$.n: integer of 1126 bytes; at most 1024 are carried'],
    [cyclic, 'more than 64 lists and maps inside each other'],
  ]
  for (const [value, reason] of cases) {
    const error = thrown(() => echo.callSync(value))
    assert.equal(error.codeName, 'INVALID_ARGUMENT')
    assert.ok(error.message.includes(reason), `${error.message} lacks ${reason}`)
  }
})

test('a getter that calls does not disturb the value that it is part of', () => {
  const value = {
    before: 'x'.repeat(50),
    get inner() {
      return echo.callSync({ deep: 'y'.repeat(50) })
    },
    after: 1,
  }
  assert.deepStrictEqual(echo.callSync(value), { before: 'x'.repeat(50), inner: { deep: 'y'.repeat(50) }, after: 1 })
})

test('values of their own refuse what they cannot be', () => {
  assert.throws(() => new Decimal('NaN'), RangeError)
  assert.throws(() => new Uuid('123'), RangeError)
  assert.throws(() => new Uuid(new Uint8Array(15)), RangeError)
  assert.throws(() => new DateTime('2013-03-21T20:04:00'), /has no offset/)
  assert.equal(String(new Uuid('123E4567-e89b-12d3-a456-426614174000')), '123e4567-e89b-12d3-a456-426614174000')
  assert.equal(JSON.stringify({ at: new DateTime('2013-03-21T20:04:00+02:00'), n: new Decimal('1.0') }), '{"at":"2013-03-21T20:04:00+02:00","n":"1.0"}')
})

test('a Protobuf message travels as such and arrives as its bytes', async () => {
  class Generated {
    serializeBinary() {
      return Uint8Array.from([8, 1])
    }
  }
  class Reflected {
    static encode() {
      return { finish: () => Uint8Array.from([8, 2]) }
    }
  }
  await served('pb', { type: (bytes, call) => [call.contentType, bytes] }, (service) => {
    assert.deepStrictEqual(service.callSync('type', new Generated()), ['application/protobuf', Buffer.from([8, 1])])
    assert.deepStrictEqual(service.callSync('type', new Reflected()), ['application/protobuf', Buffer.from([8, 2])])
  })
})

test('bytes can be sent under another content type, and JSON is read as values', async () => {
  await served('types', { type: (value, call) => [call.contentType, value] }, async (service) => {
    const send = (text, contentType) => service.callSync('type', Buffer.from(text), { contentType })
    assert.deepStrictEqual(send('{"a":[1,"x"]}', 'application/json'), ['application/json', { a: [1, 'x'] }])
    assert.deepStrictEqual(send('<a/>', 'text/xml'), ['text/xml', Buffer.from('<a/>')])
    assert.match(thrown(() => send('{"a":9007199254740993}', 'application/json')).message, /past 2\^53/)
    assert.match(thrown(() => send('{"a":1,"b":{"a":2},"a":3}', 'application/json')).message, /key "a" occurs twice/)
    assert.match(thrown(() => send('{', 'application/json')).message, /not JSON/)
    assert.deepStrictEqual(send('{"a":{"x":"{\\"a\\":1}"},"b":[{"a":1},{"a":-0}]}', 'application/json')[1].b, [{ a: 1 }, { a: -0 }])
    const error = await failure(service.call('type', { a: 1 }, { contentType: 'text/xml' }))
    assert.equal(error.codeName, 'INVALID_ARGUMENT')
  })
})

test('a value is encoded once and sent many times', async () => {
  const settings = { mode: 'fast', steps: [1, 2] }
  const encoded = new Encoded(settings)
  settings.mode = 'changed later'
  const value = { mode: 'fast', steps: [1, 2] }
  for (let time = 0; time < 2; time++) assert.deepStrictEqual(echo.callSync(encoded), value)
  assert.deepStrictEqual(echo.callSync([encoded, { a: encoded }, new Map([['b', encoded]])]), [value, { a: value }, { b: value }])
  assert.deepStrictEqual(encoded.value(), value)
  const long = new Encoded('x'.repeat(5000))
  assert.equal(echo.callSync(long), 'x'.repeat(5000))
  assert.equal(echo.callSync([long])[0], 'x'.repeat(5000))
  await served('constant', { get: () => encoded }, (service) => {
    assert.deepStrictEqual(service.callSync('get'), value)
  })
})

test('an encoded value counts with its depth', () => {
  const nested = (depth, inner) => (depth ? [nested(depth - 1, inner)] : inner)
  const half = new Encoded(nested(32, null))
  assert.deepStrictEqual(echo.callSync(nested(32, half)), nested(64, null))
  assert.match(thrown(() => echo.callSync(nested(33, half))).message, /more than 64 lists and maps/)
})

test('an encoded value is refused where something else is sent', async () => {
  const encoded = new Encoded('text')
  await served('other', { get: (value) => value }, async (service) => {
    const error = await failure(service.call('get', encoded, { contentType: 'application/json' }))
    assert.equal(error.codeName, 'INVALID_ARGUMENT')
    assert.match(error.message, /the value is not bytes/)
  })
  assert.throws(() => JSON.stringify({ encoded }), /no part of JSON/)
  assert.equal(thrown(() => new Encoded({ deep: [() => 1] })).message, '$.deep[0]: a function is not carried')
})
