/** Options of a call, and how the addon takes them. */

import { Code, TransportType } from './codes.js'
import { parentOfNested, type Metadata } from './context.js'
import { HmsError, pairsToRecord, recordToPairs } from './errors.js'
import { WANTS_REPORT, WANTS_VIEW, header, type AllCallArguments, type CallArguments, type TypeOfContent } from './native.js'
import { contentTypeOf, namedContentType } from './payload.js'

/** Options of a call that blocks. */
export interface SyncCallOptions {
  /** Milliseconds for the whole call. It is enforced, whatever the handler does. Without it the defaults of client, method
   * and server hold. */
  timeout?: number
  /** Sent beside the payload. */
  metadata?: Metadata
  /** What the bytes are that are sent, such as `application/json`; for payloads of bytes only. */
  contentType?: string
  /** Gets what the handler sent beside its answer, when the call ends well. */
  onMetadata?(metadata: Metadata): void
  /** The way that the call must take: UNAVAILABLE when it does not lead to the service. */
  transport?: TransportType
  /** Ways that the call must not take: UNAVAILABLE when no other leads to the service. */
  forbidTransports?: readonly TransportType[]
  /**
   * Answers of raw bytes, and messages of a stream, are {@link ReleasableBuffer}s, which are not copied when they are large:
   * they may be read and not be written, which would end the process.
   */
  view?: boolean
  /** Gets what the call took, also when it failed. Of a call that does not block, and of a stream, it is what its sending
   * took. */
  onReport?(report: CallReport): void
}

/** What a call took. */
export interface CallReport {
  /** The way that it took; `Default` = it did not get as far. */
  transport: TransportType
  /**
   * Bytes of request and answer that the library copied, at both ends. What the handler called in its turn counts too if it ran
   * on the caller's thread. What is copied to get bytes into and out of JavaScript does not.
   */
  bytesCopied: number
}

/** Options of a call. */
export interface CallOptions extends SyncCallOptions {
  /** Cancels the call: it fails with CANCELLED, with the signal's reason as `cause`. */
  signal?: AbortSignal
}

/** Milliseconds as the addon takes them; 0 = the default. */
export function nanos(milliseconds: number | undefined, name: string): number {
  if (milliseconds === undefined) return 0
  if (typeof milliseconds !== 'number' || !(milliseconds > 0)) {
    throw new HmsError(Code.InvalidArgument, `${name} is ${milliseconds}; it must be milliseconds above 0`)
  }
  // At least one: 0 would be the default.
  return Math.max(1, milliseconds * 1e6)
}

export function typeFor(value: unknown, options: SyncCallOptions | undefined): TypeOfContent {
  return options?.contentType === undefined ? contentTypeOf(value) : namedContentType(options.contentType, value)
}

export function callArguments(options: SyncCallOptions | undefined): CallArguments {
  return options === undefined ? [parentOfNested()] : allCallArguments(options)
}

export function allCallArguments(options: SyncCallOptions): AllCallArguments {
  const flags = (options.onReport ? WANTS_REPORT : 0) | (options.view ? WANTS_VIEW : 0)
  return [
    parentOfNested(),
    nanos(options.timeout, 'timeout'),
    options.metadata && recordToPairs(options.metadata),
    checked(options.transport ?? TransportType.Default, 'transport'),
    bits(options.forbidTransports),
    flags,
  ]
}

function checked(transport: TransportType, name: string): TransportType {
  if (TransportType[transport] !== undefined) return transport
  throw new HmsError(Code.InvalidArgument, `${name} is ${transport}, which is no TransportType`)
}

function bits(transports: readonly TransportType[] | undefined): number {
  return transports?.reduce((all, transport) => all | (1 << checked(transport, 'forbidTransports')), 0) ?? 0
}

/** Makes a call and tells what it took. */
export function reporting<T>(options: SyncCallOptions | undefined, call: () => T): T {
  if (!options?.onReport) return call()
  try {
    return call()
  } finally {
    options.onReport({ transport: header.transport, bytesCopied: header.bytesCopied })
  }
}

export function tellMetadata(options: SyncCallOptions | undefined, metadata: string[] | undefined): void {
  options?.onMetadata?.(pairsToRecord(metadata ?? []))
}
