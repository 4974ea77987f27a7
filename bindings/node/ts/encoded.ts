/** Values that are encoded once and sent many times. */

import { readCbor } from './cbor-reader.js'
import { CborWriter } from './cbor-writer.js'
import { Written } from './values.js'

/**
 * A value as its CBOR. What never changes is encoded once, and then sent as it is: as a whole, and inside of other values.
 */
export class Encoded extends Written {
  /** @throws HmsError with INVALID_ARGUMENT and the place of what is not carried. */
  constructor(value: unknown) {
    const writer = new CborWriter(Buffer.alloc(0))
    super(writer.write(value) as Buffer, writer.deepest)
  }

  /** The value, made anew. */
  value(): unknown {
    return readCbor(this.bytes)
  }

  /** Other encodings have no place for it. */
  toJSON(): never {
    throw new TypeError('an Encoded is CBOR and no part of JSON; take its value()')
  }
}
