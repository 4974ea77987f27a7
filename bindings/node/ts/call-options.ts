/** Options of a call, and how the addon takes them. */

import { Code } from './codes.js'
import { parentOfNested, type Metadata } from './context.js'
import { HmsError, pairsToRecord, recordToPairs } from './errors.js'
import type { CallArguments, TypeOfContent } from './native.js'
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
  if (options === undefined) return [parentOfNested()]
  return [parentOfNested(), nanos(options.timeout, 'timeout'), options.metadata && recordToPairs(options.metadata)]
}

export function tellMetadata(options: SyncCallOptions | undefined, metadata: string[] | undefined): void {
  options?.onMetadata?.(pairsToRecord(metadata ?? []))
}
