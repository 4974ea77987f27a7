/** CBOR to values, by the profile in docs/values.md: what cannot be held is refused with its place. */

import { isAscii } from 'node:buffer'

import { DEEPEST, DECIMAL_TAG, LONGEST_INTEGER, Refusal, TOO_DEEP } from './path.js'
import { DateTime, Decimal, Uuid, dateTimeProblem, decimalProblem } from './values.js'

const ENDS_INSIDE = 'the bytes end inside the value'
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The longest text whose bytes are read one by one. */
const SHORT_TEXT = 24
/** A length that is not known beforehand. */
const ENDLESS = -1

const KINDS = ['an integer', 'an integer', 'bytes', 'text', 'a list', 'a map']
const TAG_KINDS = new Map([
  [0, 'a date-time'],
  [2, 'an integer'],
  [3, 'an integer'],
  [37, 'a UUID'],
  [DECIMAL_TAG, 'a Decimal'],
])

/**
 * Reads one value that fills the bytes.
 * @throws HmsError INVALID_ARGUMENT with the path when they are no such value.
 */
export function readCbor(bytes: Buffer, end: number = bytes.length): unknown {
  try {
    const reader = new Reader(bytes, end)
    const value = reader.value(0)
    reader.finish()
    return value
  } catch (error) {
    throw error instanceof Refusal ? error.toError() : error
  }
}

class Reader {
  private at = 0
  /** The argument of the head that was read last. */
  private argument = 0
  /** The same when it is past 2^53. */
  private wide = 0n

  constructor(
    private readonly bytes: Buffer,
    private readonly end: number,
  ) {}

  finish(): void {
    const left = this.end - this.at
    if (left > 0) throw new Refusal(`${left} ${left === 1 ? 'byte follows' : 'bytes follow'} the value`)
  }

  value(depth: number): unknown {
    const first = this.next()
    switch (first >> 5) {
      case 0:
        this.head(first)
        return this.argument <= Number.MAX_SAFE_INTEGER ? this.argument : this.wide
      case 1:
        this.head(first)
        return this.argument < Number.MAX_SAFE_INTEGER ? -1 - this.argument : -1n - this.wide
      case 2:
        return this.byteString(first)
      case 3:
        return this.text(first)
      case 4:
        return this.list(first, depth)
      case 5:
        return this.map(first, depth)
      case 6:
        return this.tagged(first)
      default:
        return this.simple(first)
    }
  }

  private next(): number {
    if (this.at >= this.end) throw new Refusal(ENDS_INSIDE)
    return this.bytes[this.at++] as number
  }

  private need(count: number): void {
    if (count > this.end - this.at) throw new Refusal(ENDS_INSIDE)
  }

  /** Reads the argument of a head; false = the length is not known. */
  private head(first: number): boolean {
    const info = first & 0x1f
    if (info < 24) {
      this.argument = info
      return true
    }
    const { bytes, at } = this
    switch (info) {
      case 24:
        this.need(1)
        this.argument = bytes[at] as number
        this.at = at + 1
        return true
      case 25:
        this.need(2)
        this.argument = bytes.readUInt16BE(at)
        this.at = at + 2
        return true
      case 26:
        this.need(4)
        this.argument = bytes.readUInt32BE(at)
        this.at = at + 4
        return true
      case 27:
        this.need(8)
        this.wide = bytes.readBigUInt64BE(at)
        this.argument = Number(this.wide)
        this.at = at + 8
        return true
      case 31:
        if (first >> 5 >= 2 && first >> 5 <= 5) return false
    }
    throw malformed(first)
  }

  private simple(first: number): unknown {
    switch (first) {
      case 0xf4:
        return false
      case 0xf5:
        return true
      case 0xf6:
        return null
      case 0xf7:
        throw new Refusal('undefined is not carried; use null')
      case 0xf8:
        throw new Refusal(`simple value ${this.next()} is not carried`)
      case 0xf9:
        this.need(2)
        return half(this.bytes.readUInt16BE((this.at += 2) - 2))
      case 0xfa:
        this.need(4)
        return this.bytes.readFloatBE((this.at += 4) - 4)
      case 0xfb:
        this.need(8)
        return this.bytes.readDoubleBE((this.at += 8) - 8)
      case 0xff:
        throw new Refusal('not well-formed CBOR: a break where a value is due')
    }
    if (first < 0xf8) throw new Refusal(`simple value ${first & 0x1f} is not carried`)
    throw malformed(first)
  }

  private atBreak(): boolean {
    if (this.at < this.end && this.bytes[this.at] === 0xff) {
      this.at++
      return true
    }
    return false
  }

  private list(first: number, depth: number): unknown[] {
    const length = this.head(first) ? this.argument : ENDLESS
    if (depth >= DEEPEST) throw new Refusal(TOO_DEEP)
    const list: unknown[] = []
    try {
      while (length === ENDLESS ? !this.atBreak() : list.length < length) list.push(this.value(depth + 1))
    } catch (error) {
      throw error instanceof Refusal ? error.inside(list.length) : error
    }
    return list
  }

  private map(first: number, depth: number): Record<string, unknown> {
    const length = this.head(first) ? this.argument : ENDLESS
    if (depth >= DEEPEST) throw new Refusal(TOO_DEEP)
    const map: Record<string, unknown> = {}
    for (let count = 0; length === ENDLESS ? !this.atBreak() : count < length; count++) {
      const key = this.key()
      if (map[key] !== undefined && Object.hasOwn(map, key)) throw new Refusal(`key ${JSON.stringify(key)} occurs twice`)
      try {
        const value = this.value(depth + 1)
        if (key === '__proto__') {
          Object.defineProperty(map, key, { value, configurable: true, enumerable: true, writable: true })
        } else {
          map[key] = value
        }
      } catch (error) {
        throw error instanceof Refusal ? error.inside(key) : error
      }
    }
    return map
  }

  private key(): string {
    const first = this.next()
    if (first >> 5 !== 3) throw new Refusal(`map key is ${this.kind(first)}; keys are text`)
    try {
      return this.text(first)
    } catch (error) {
      if (error instanceof Refusal && error.what === NOT_UTF8) throw new Refusal(`map key: ${error.what}`)
      throw error
    }
  }

  /** What a key that is not text is. */
  private kind(first: number): string {
    if (first >> 5 === 6) {
      this.head(first)
      return TAG_KINDS.get(this.argument) ?? `tag ${this.argument}`
    }
    if (first === 0xf4 || first === 0xf5) return 'a bool'
    if (first === 0xf6) return 'null'
    if (first >= 0xf9 && first <= 0xfb) return 'a float'
    if (first === 0xff) return 'a break'
    return KINDS[first >> 5] ?? 'a simple value'
  }

  private text(first: number): string {
    if (!this.head(first)) return this.pieces(first, (piece) => this.text(piece)).join('')
    const length = this.argument
    this.need(length)
    const start = this.at
    const { bytes } = this
    this.at += length
    if (length <= SHORT_TEXT) {
      let text = ''
      let index = start
      for (; index < this.at; index++) {
        const byte = bytes[index] as number
        if (byte > 0x7f) break
        text += String.fromCharCode(byte)
      }
      if (index === this.at) return text
    }
    const view = bytes.subarray(start, this.at)
    if (isAscii(view)) return view.toString('latin1')
    try {
      return utf8.decode(view)
    } catch {
      throw new Refusal(NOT_UTF8)
    }
  }

  private byteString(first: number): Buffer {
    if (!this.head(first)) return Buffer.concat(this.pieces(first, (piece) => this.byteString(piece)))
    const length = this.argument
    this.need(length)
    this.at += length
    return Buffer.from(this.bytes.subarray(this.at - length, this.at))
  }

  /** The pieces of text or bytes of unknown length; each has a known one. */
  private pieces<T>(first: number, read: (first: number) => T): T[] {
    const pieces: T[] = []
    while (!this.atBreak()) {
      const piece = this.next()
      if (piece >> 5 !== first >> 5 || (piece & 0x1f) === 31) {
        throw new Refusal(`not well-formed CBOR: byte 0x${hex(piece)} begins no piece of ${KINDS[first >> 5]}`)
      }
      pieces.push(read(piece))
    }
    return pieces
  }

  private tagged(first: number): unknown {
    this.head(first)
    const tag = this.argument
    switch (tag) {
      case 0:
        return this.checked('a date-time', dateTimeProblem, DateTime)
      case 2:
        return narrow(this.magnitude())
      case 3:
        return narrow(-1n - this.magnitude())
      case 37: {
        const bytes = this.content(2, 'a UUID must be bytes under its tag') as Buffer
        if (bytes.length !== 16) throw new Refusal(`UUID of ${bytes.length} bytes; 16 are needed`)
        return new Uuid(bytes)
      }
      case DECIMAL_TAG:
        return this.checked('a Decimal', decimalProblem, Decimal)
    }
    const known = `0 (date-time), 2 and 3 (integers), 37 (UUID) and ${DECIMAL_TAG} (Decimal)`
    throw new Refusal(`tag ${tag > Number.MAX_SAFE_INTEGER ? this.wide : tag} is not carried; known are ${known}`)
  }

  private content(major: number, otherwise: string): string | Buffer {
    const first = this.next()
    if (first >> 5 !== major) throw new Refusal(otherwise)
    return major === 3 ? this.text(first) : this.byteString(first)
  }

  private checked<T>(what: string, problemOf: (text: string) => string | undefined, kind: new (text: string) => T): T {
    const text = this.content(3, `${what} must be text under its tag`) as string
    const problem = problemOf(text)
    if (problem !== undefined) throw new Refusal(problem)
    return new kind(text)
  }

  private magnitude(): bigint {
    const bytes = this.content(2, 'an integer must be bytes under its tag') as Buffer
    if (bytes.length > LONGEST_INTEGER) {
      throw new Refusal(`integer of ${bytes.length} bytes; at most ${LONGEST_INTEGER} are carried`)
    }
    return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)
  }
}

const NOT_UTF8 = 'text is not UTF-8'

/** A bigint comes back as a number when that holds it. */
function narrow(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

function malformed(first: number): Refusal {
  return new Refusal(`not well-formed CBOR: no item begins with byte 0x${hex(first)}`)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
