/** The inbound call that a handler serves. */

import { AsyncLocalStorage } from 'node:async_hooks'

import { Code } from './codes.js'
import { HmsError, recordToPairs } from './errors.js'
import { releasable, type ReleasableBuffer } from './memory.js'
import { native, type Handle } from './native.js'

/** Text keys and values that travel beside a payload. Keys that start with `hms-` are the library's. */
export type Metadata = Readonly<Record<string, string>>

const NO_METADATA: Metadata = Object.freeze({})

/**
 * One inbound call, seen from its handler. Calls that the handler makes, also after an `await`, inherit its deadline and are
 * part of its chain.
 */
export class Call {
  /** The service and the method that were called. */
  readonly service: string
  readonly method: string
  /** What the caller sent beside the payload. */
  readonly metadata: Metadata
  /** How the caller encoded the payload, such as `application/cbor`. */
  readonly contentType: string

  #handle: Handle
  readonly #deadlineNs: bigint
  #controller: AbortController | undefined
  #answerMetadata: Record<string, string> | undefined
  #loans: Set<ArrayBufferLike> | undefined

  /** @internal */
  constructor(
    handle: Handle,
    service: string,
    method: string,
    metadata: Metadata | undefined,
    contentType: string,
    deadlineNs: bigint,
  ) {
    this.#handle = handle
    this.service = service
    this.method = method
    this.metadata = metadata ?? NO_METADATA
    this.contentType = contentType
    this.#deadlineNs = deadlineNs
  }

  /** Milliseconds until the caller stops waiting; Infinity = it waits for ever. */
  get timeLeft(): number {
    if (this.#deadlineNs === 0n) return Number.POSITIVE_INFINITY
    return Math.max(0, Number(this.#deadlineNs - process.hrtime.bigint()) / 1e6)
  }

  /** Aborted when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#handle !== 0n && native.callIsCancelled(this.#handle)) this.cancel()
    }
    return this.#controller.signal
  }

  /** Sends a pair back beside the answer. */
  setMetadata(key: string, value: string): void {
    this.#answerMetadata ??= {}
    this.#answerMetadata[key] = value
  }

  /**
   * Memory for an answer of raw bytes. Fill it and return it, or its first bytes (`subarray(0, length)`), from the handler: it
   * is given away and empty then. Where the caller is in another process of this machine, more than 4 KiB are sent without a
   * copy. RESOURCE_EXHAUSTED when it is larger than the server's `maxMessageSize`.
   */
  loan(length: number): ReleasableBuffer {
    const loan = releasable(native.callLoan(this.#handle, length))
    this.#loans ??= new Set()
    this.#loans.add(loan.buffer)
    return loan
  }

  /** @internal The memory that was lent for the answer. */
  get loans(): ReadonlySet<ArrayBufferLike> | undefined {
    return this.#loans
  }

  /** @internal The call on whose behalf nested calls are made; 0 = it has its answer. */
  get handle(): Handle {
    return this.#handle
  }

  /** @internal */
  get answerMetadata(): string[] | undefined {
    return this.#answerMetadata && recordToPairs(this.#answerMetadata)
  }

  /** @internal */
  answered(): void {
    this.#handle = 0n
  }

  /** @internal */
  cancel(): void {
    const gone = `the caller of ${this.service}.${this.method} waits no more`
    this.#controller?.abort(new HmsError(Code.Cancelled, gone))
  }
}

const storage = new AsyncLocalStorage<Call>()
// Asking the storage costs nothing as long as nothing is ever served here.
let serves = false

/** Runs a handler as the one that serves a call. */
export function serving<P, R>(call: Call, handler: (params: P, call: Call) => R, params: P): R {
  serves = true
  return storage.run(call, handler, params, call)
}

/** The call that is served where this is asked, also after an `await`; undefined outside of handlers. */
export function currentCall(): Call | undefined {
  return serves ? storage.getStore() : undefined
}

/** The parent of a call that is made here. */
export function parentOfNested(): Handle | undefined {
  const handle = serves ? storage.getStore()?.handle : undefined
  return handle === 0n ? undefined : handle
}
