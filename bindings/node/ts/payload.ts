/** Values and their bytes: which encoding a value has, and back. */

import { readCbor } from './cbor-reader.js'
import { CborWriter } from './cbor-writer.js'
import { Code, ContentType } from './codes.js'
import { Encoded } from './encoded.js'
import { HmsError } from './errors.js'
import { readJson } from './json-reader.js'
import { releasable } from './memory.js'
import { header, inbox, outbox, type Payload, type TypeOfContent } from './native.js'

const writer = new CborWriter(outbox)

/** Up to this length bytes are copied into the shared memory, which costs less than to look up where they are. */
const SHORT_BYTES = 1024

const NUMBERS: Readonly<Record<string, ContentType>> = {
  'application/cbor': ContentType.Cbor,
  'application/protobuf': ContentType.Protobuf,
  'application/json': ContentType.Json,
  'application/octet-stream': ContentType.Bytes,
}
const NAMES = Object.keys(NUMBERS)

/** A Protobuf message of google-protobuf, protobuf-es 1 or protobufjs, by what it can do. */
interface ProtobufMessage {
  serializeBinary?(): Uint8Array
  toBinary?(): Uint8Array
  constructor: Function & { encode?(message: unknown): { finish?(): Uint8Array } }
}

/** The encoding of a value: raw bytes as they are, Protobuf messages as such, all else CBOR. */
export function contentTypeOf(value: unknown): ContentType {
  if (typeof value !== 'object' || value === null) return ContentType.Cbor
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView) return ContentType.Bytes
  return isProtobuf(value as ProtobufMessage) ? ContentType.Protobuf : ContentType.Cbor
}

function isProtobuf(value: ProtobufMessage): boolean {
  const { constructor } = value
  if ((constructor as unknown) === Object || (constructor as unknown) === Array) return false
  return (
    typeof value.serializeBinary === 'function' ||
    typeof value.toBinary === 'function' ||
    (typeof constructor === 'function' && typeof constructor.encode === 'function')
  )
}

/** The bytes of a value, for the addon to take at once. No value at all is null. */
export function encode(value: unknown, type: ContentType): Payload {
  switch (type) {
    case ContentType.Bytes:
      return place(bytesOf(value as Uint8Array | ArrayBuffer | DataView))
    case ContentType.Protobuf:
      return place(protobufOf(value as ProtobufMessage))
    default:
      if (value instanceof Encoded) return place(value.bytes)
      return writer.write(value === undefined ? null : value)
  }
}

/** The content type that a caller names: what the bytes that it sends are. */
export function namedContentType(name: string, value: unknown): TypeOfContent {
  if (contentTypeOf(value) !== ContentType.Bytes) {
    throw new HmsError(Code.InvalidArgument, `contentType '${name}' says what bytes are, but the value is not bytes`)
  }
  return NUMBERS[name] ?? name
}

export function contentTypeName(number: number, other: () => string): string {
  return NAMES[number - 1] ?? other()
}

/**
 * The value of the message that the addon gave last.
 * @param view whether raw bytes were to be read in place
 */
export function decode(payload: Payload, view = false): unknown {
  switch (header.contentType) {
    case ContentType.Cbor:
      return typeof payload === 'number' ? readCbor(inbox, payload) : readCbor(payload as Buffer)
    case ContentType.Json:
      return readJson(typeof payload === 'number' ? inbox.subarray(0, payload) : (payload as Buffer))
    default:
      return view ? releasable(bytesIn(payload)) : bytesIn(payload)
  }
}

function bytesIn(payload: Payload): Buffer {
  if (typeof payload !== 'number') return payload as Buffer
  const bytes = Buffer.allocUnsafe(payload)
  inbox.copy(bytes, 0, 0, payload)
  return bytes
}

function place(bytes: Uint8Array): Payload {
  if (bytes.length > SHORT_BYTES) return bytes
  outbox.set(bytes)
  return bytes.length
}

function bytesOf(value: Uint8Array | ArrayBuffer | DataView): Uint8Array {
  if (value instanceof Uint8Array) return value
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

function protobufOf(message: ProtobufMessage): Uint8Array {
  if (message.serializeBinary) return message.serializeBinary()
  if (message.toBinary) return message.toBinary()
  const bytes = message.constructor.encode?.(message).finish?.()
  if (!bytes) throw new HmsError(Code.InvalidArgument, 'the Protobuf message has no encoder that gives bytes')
  return bytes
}
