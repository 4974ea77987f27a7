/**
 * Values to CBOR, by the profile in docs/values.md.
 *
 * Written by hand because it converts directly between JavaScript's values and bytes: cborg takes up to 7 times as long, checks
 * neither surrogates nor kinds, and knows no paths (docs/decisions/0004).
 */

import { DEEPEST, DECIMAL_TAG, LONGEST_INTEGER, Refusal, TOO_DEEP } from './path.js'
import { DateTime, Decimal, Uuid, Written } from './values.js'

const MAJOR_NEGATIVE = 0x20
const MAJOR_BYTES = 0x40
const MAJOR_TEXT = 0x60
const MAJOR_LIST = 0x80
const MAJOR_MAP = 0xa0
const MAJOR_TAG = 0xc0

/** The longest text whose bytes are written one by one. */
const SHORT_TEXT = 40

/** Where values are written: the place that was given while they fit, else memory of the writer's own. */
export class CborWriter {
  private out: Buffer
  private at = 0
  private busy = false
  /** The most lists and maps that were open inside each other in the last value. */
  deepest = 0

  constructor(private readonly place: Buffer) {
    this.out = place
  }

  /**
   * The bytes of a value.
   * @returns the length when they are in the writer's place, else the bytes.
   */
  write(value: unknown): number | Buffer {
    // A getter of the value may call and so come here again.
    if (this.busy) return new CborWriter(Buffer.allocUnsafe(1024)).writeApart(value)
    this.busy = true
    this.at = 0
    this.deepest = 0
    try {
      this.value(value, 0)
      return this.out === this.place ? this.at : this.out.subarray(0, this.at)
    } catch (error) {
      throw error instanceof Refusal ? error.toError() : error
    } finally {
      this.out = this.place
      this.busy = false
    }
  }

  private writeApart(value: unknown): Buffer {
    const written = this.write(value)
    return typeof written === 'number' ? this.place.subarray(0, written) : written
  }

  private value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'number':
        return this.number(value)
      case 'boolean':
        return this.byte(value ? 0xf5 : 0xf4)
      case 'bigint':
        return this.integer(value)
      case 'object':
        return value === null ? this.byte(0xf6) : this.object(value, depth)
      case 'undefined':
        throw new Refusal('undefined is not carried; use null')
      default:
        throw new Refusal(`a ${typeof value} is not carried`)
    }
  }

  private object(value: object, depth: number): void {
    if (Array.isArray(value)) return this.list(value, depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    // Also the plain objects of other contexts.
    if (prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null) {
      return this.map(value as Record<string, unknown>, depth)
    }
    if (value instanceof Uint8Array) return this.bytes(value)
    if (value instanceof Map) return this.entries(value, depth)
    if (value instanceof DateTime) return this.tagged(0, value.text)
    if (value instanceof Date) return this.tagged(0, dateText(value))
    if (value instanceof Decimal) return this.tagged(DECIMAL_TAG, value.text)
    if (value instanceof Uuid) {
      this.head(MAJOR_TAG, 37)
      return this.bytes(value.bytes)
    }
    if (value instanceof Written) return this.written(value, depth)
    if (value instanceof ArrayBuffer) return this.bytes(new Uint8Array(value))
    const name = (value.constructor as { name?: string } | undefined)?.name
    throw new Refusal(`a ${name || 'nameless class'} is not carried; make it a plain object, an array or a value that is`)
  }

  private written(value: Written, depth: number): void {
    this.reach(depth + value.depth)
    this.raw(value.bytes)
  }

  private reach(depth: number): void {
    if (depth > DEEPEST) throw new Refusal(TOO_DEEP)
    if (depth > this.deepest) this.deepest = depth
  }

  private list(list: readonly unknown[], depth: number): void {
    this.reach(depth + 1)
    this.head(MAJOR_LIST, list.length)
    let index = 0
    try {
      for (; index < list.length; index++) this.value(list[index], depth + 1)
    } catch (error) {
      throw error instanceof Refusal ? error.inside(index) : error
    }
  }

  private map(map: Record<string, unknown>, depth: number): void {
    this.reach(depth + 1)
    const keys = Object.keys(map)
    const before = this.at
    this.head(MAJOR_MAP, keys.length)
    if (!this.properties(map, keys, depth)) {
      this.at = before
      const defined = keys.filter((key) => map[key] !== undefined)
      this.head(MAJOR_MAP, defined.length)
      this.properties(map, defined, depth)
    }
  }

  /** False = one of them is undefined, so that the length was wrong. */
  private properties(map: Record<string, unknown>, keys: readonly string[], depth: number): boolean {
    for (const key of keys) {
      const value = map[key]
      if (value === undefined) return false
      this.key(key)
      try {
        this.value(value, depth + 1)
      } catch (error) {
        throw error instanceof Refusal ? error.inside(key) : error
      }
    }
    return true
  }

  private entries(map: ReadonlyMap<unknown, unknown>, depth: number): void {
    this.reach(depth + 1)
    this.head(MAJOR_MAP, map.size)
    for (const [key, value] of map) {
      if (typeof key !== 'string') throw new Refusal(`map key is a ${key === null ? 'null' : typeof key}; keys are text`)
      this.key(key)
      try {
        this.value(value, depth + 1)
      } catch (error) {
        throw error instanceof Refusal ? error.inside(key) : error
      }
    }
  }

  private key(key: string): void {
    try {
      this.text(key)
    } catch (error) {
      if (error instanceof Refusal) throw new Refusal(`map key: ${error.what}`)
      throw error
    }
  }

  private number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.head(0, value)
      else this.head(MAJOR_NEGATIVE, -1 - value)
      return
    }
    this.room(9)
    this.out[this.at++] = 0xfb
    // The one NaN has the bytes 7ff8000000000000, whatever its sign and payload were.
    this.at = Number.isNaN(value) ? this.out.writeBigUInt64BE(0x7ff8000000000000n, this.at) : this.out.writeDoubleBE(value, this.at)
  }

  private integer(value: bigint): void {
    const negative = value < 0n
    const magnitude = negative ? -1n - value : value
    if (magnitude <= 0xffff_ffff_ffff_ffffn) {
      if (magnitude <= 0xffff_ffffn) return this.head(negative ? MAJOR_NEGATIVE : 0, Number(magnitude))
      this.room(9)
      this.out[this.at++] = (negative ? MAJOR_NEGATIVE : 0) | 27
      this.at = this.out.writeBigUInt64BE(magnitude, this.at)
      return
    }
    const hex = magnitude.toString(16)
    const length = Math.ceil(hex.length / 2)
    if (length > LONGEST_INTEGER) throw new Refusal(`integer of ${length} bytes; at most ${LONGEST_INTEGER} are carried`)
    this.head(MAJOR_TAG, negative ? 3 : 2)
    this.bytes(Buffer.from(hex.padStart(length * 2, '0'), 'hex'))
  }

  private tagged(tag: number, text: string): void {
    this.head(MAJOR_TAG, tag)
    this.text(text)
  }

  private text(text: string): void {
    const length = text.length
    if (length <= SHORT_TEXT) {
      this.room(length + 3)
      const out = this.out
      const start = this.at + (length < 24 ? 1 : 2)
      let index = 0
      for (; index < length; index++) {
        const unit = text.charCodeAt(index)
        if (unit > 0x7f) break
        out[start + index] = unit
      }
      if (index === length) {
        this.head(MAJOR_TEXT, length)
        this.at = start + length
        return
      }
    }
    if (!text.isWellFormed()) throw new Refusal('text has half of a surrogate pair, which no UTF-8 can carry')
    const bytes = Buffer.byteLength(text)
    this.head(MAJOR_TEXT, bytes)
    this.room(bytes)
    this.at += this.out.write(text, this.at)
  }

  private bytes(bytes: Uint8Array): void {
    this.head(MAJOR_BYTES, bytes.length)
    this.raw(bytes)
  }

  private raw(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.out.set(bytes, this.at)
    this.at += bytes.length
  }

  private byte(byte: number): void {
    this.room(1)
    this.out[this.at++] = byte
  }

  /** The shortest head. */
  private head(major: number, argument: number): void {
    this.room(9)
    const out = this.out
    if (argument < 24) {
      out[this.at++] = major | argument
    } else if (argument < 0x100) {
      out[this.at++] = major | 24
      out[this.at++] = argument
    } else if (argument < 0x1_0000) {
      out[this.at++] = major | 25
      this.at = out.writeUInt16BE(argument, this.at)
    } else if (argument < 0x1_0000_0000) {
      out[this.at++] = major | 26
      this.at = out.writeUInt32BE(argument, this.at)
    } else {
      out[this.at++] = major | 27
      this.at = out.writeBigUInt64BE(BigInt(argument), this.at)
    }
  }

  private room(bytes: number): void {
    if (this.at + bytes > this.out.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.out.length * 2, this.at + bytes + 64))
      this.out.copy(larger, 0, 0, this.at)
      this.out = larger
    }
  }
}

function dateText(date: Date): string {
  const year = date.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new Refusal(`${String(date)} is not a date-time of the years 0001 to 9999`)
  // The fraction is written without trailing zeros.
  return date.toISOString().replace(/\.?0*Z$/, 'Z')
}
