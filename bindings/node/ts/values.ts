/** Values that JavaScript has no type for, as hmsffi carries them. */

const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(.*)$/s
const OFFSET = /^[+-]([01]\d|2[0-3]):[0-5]\d$/
const DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Why this text is no date-time that every language can hold; undefined = it is one. */
export function dateTimeProblem(text: string): string | undefined {
  const bad = `${quoted(text)} is not a date-time such as 2013-03-21T20:04:00.5+02:00`
  const parts = DATE_TIME.exec(text)
  if (!parts) return bad
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  // Day 0 of the next month; years below 100 need the setter.
  const last = new Date(0)
  last.setUTCFullYear(year, month, 0)
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > last.getUTCDate()) return bad
  if (hour > 23 || minute > 59 || second > 59) return bad
  const offset = parts[7] as string
  if (offset === '' || offset === '-00:00') {
    return `date-time ${quoted(text)} has no offset; add Z or one such as +02:00`
  }
  return offset === 'Z' || OFFSET.test(offset) ? undefined : bad
}

/** Why this text is no finite decimal number; undefined = it is one. */
export function decimalProblem(text: string): string | undefined {
  return DECIMAL.test(text) ? undefined : `${quoted(text)} is not a Decimal such as -12.50`
}

/** Text in quotes for a message, cut where it would drown the message. */
export function quoted(text: string): string {
  const characters = [...text]
  return characters.length > 60 ? `${JSON.stringify(characters.slice(0, 60).join(''))}...` : JSON.stringify(text)
}

/**
 * A date-time with its whole text: a `Date` holds milliseconds in UTC, `text` has all digits and the offset.
 * That is what arrives; a `Date` may be sent as well.
 */
export class DateTime extends Date {
  /** RFC 3339, such as `2013-03-21T20:04:00.123456789+02:00`. */
  readonly text: string

  /** @throws RangeError when the text is not RFC 3339 with an offset, or has a leap second. */
  constructor(text: string) {
    const problem = dateTimeProblem(text)
    if (problem !== undefined) throw new RangeError(problem)
    super(text)
    this.text = text
  }

  override toJSON(): string {
    return this.text
  }
}

/** A decimal number with all its digits, as text: `-12.50` stays `-12.50`. */
export class Decimal {
  /** The number in the grammar of JSON. */
  readonly text: string

  /** @throws RangeError when the text is not a finite number in the grammar of JSON. */
  constructor(text: string) {
    const problem = decimalProblem(text)
    if (problem !== undefined) throw new RangeError(problem)
    this.text = text
  }

  toString(): string {
    return this.text
  }

  toJSON(): string {
    return this.text
  }
}

/** A UUID. */
export class Uuid {
  /** Its 16 bytes; not to be changed. */
  readonly bytes: Uint8Array

  /**
   * @param value such as `123e4567-e89b-12d3-a456-426614174000`, or its 16 bytes, which are copied.
   * @throws RangeError when it is neither.
   */
  constructor(value: string | Uint8Array) {
    if (typeof value === 'string') {
      if (!UUID.test(value)) throw new RangeError(`${quoted(value)} is not a UUID such as 123e4567-e89b-12d3-a456-426614174000`)
      this.bytes = Uint8Array.from(Buffer.from(value.replaceAll('-', ''), 'hex'))
    } else {
      if (value.length !== 16) throw new RangeError(`UUID of ${value.length} bytes; 16 are needed`)
      this.bytes = Uint8Array.from(value)
    }
  }

  toString(): string {
    const hex = Buffer.from(this.bytes).toString('hex')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }

  toJSON(): string {
    return this.toString()
  }
}

/** CBOR that is written as it is; see `Encoded`. */
export abstract class Written {
  /**
   * @param bytes its CBOR; not to be changed.
   * @param depth how many lists and maps are open inside each other in it.
   */
  protected constructor(
    readonly bytes: Buffer,
    readonly depth: number,
  ) {}
}
