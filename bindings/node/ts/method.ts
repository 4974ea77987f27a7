/** Bound methods: the fast way to call. */

import { FoundCall, SubmittedCall, submit, type AsyncCall } from './async-call.js'
import {
  allCallArguments,
  callArguments,
  reporting,
  tellMetadata,
  typeFor,
  type CallOptions,
  type SyncCallOptions,
} from './call-options.js'
import { Code } from './codes.js'
import { parentOfNested } from './context.js'
import { HmsError } from './errors.js'
import { releasable, type ReleasableBuffer } from './memory.js'
import { native, type BoundCall, type Handle, type Payload } from './native.js'
import { contentTypeOf, decode, encode } from './payload.js'
import type { ClientOwner } from './released.js'
import { Stream } from './stream.js'

export type { AsyncCall }
export { FoundCall }

/**
 * One method of one service, resolved once.
 *
 * What is sent and received: a `Buffer` (or another `Uint8Array`, `ArrayBuffer`, `DataView`) as raw bytes, a Protobuf message
 * as such, any other value as CBOR. See docs/values.md of the project for what each language makes of it.
 */
export class BoundMethod<Params = unknown, Result = unknown> {
  readonly #owner: ClientOwner
  readonly #method: Handle
  readonly #invoke: BoundCall

  /** @internal */
  constructor(
    owner: ClientOwner,
    readonly service: string,
    readonly name: string,
    expected: readonly [definition: string, binding: number] = ['', 0],
  ) {
    this.#owner = owner
    ;[this.#method, this.#invoke] = native.bind(owner.handle, service, name, ...expected)
  }

  /** Calls without blocking. The handler runs elsewhere, or on a later turn of this event loop. */
  async call(params?: Params, options?: CallOptions): Promise<Result> {
    try {
      return (await this.submit(params, options, false)) as Result
    } catch (error) {
      throw error instanceof HmsError ? error.passedOn() : error
    }
  }

  /**
   * Calls and blocks this thread until the answer is there.
   *
   * A method that is served on this thread is called directly. One that needs this thread while it is blocked is refused with
   * ABORTED: use {@link call} for it.
   */
  callSync(params?: Params, options?: SyncCallOptions): Result {
    if (options === undefined) {
      const type = contentTypeOf(params)
      const payload = encode(params, type)
      const parent = parentOfNested()
      return decode(parent === undefined ? this.#invoke(payload, type) : this.#invoke(payload, type, parent)) as Result
    }
    return this.callSyncWith(params, options)
  }

  private callSyncWith(params: Params | undefined, options: SyncCallOptions): Result {
    const type = typeFor(params, options)
    const call = allCallArguments(options)
    const payload = encode(params, contentTypeOf(params))
    const answered = reporting(options, () => this.#invoke(payload, type, ...call, options.onMetadata !== undefined))
    const [answer, answerMetadata] = Array.isArray(answered) ? answered : [answered]
    const result = decode(answer, options.view) as Result
    tellMetadata(options, answerMetadata)
    return result
  }

  /** Starts a call and gives its id, which is valid in every language of the process. */
  callAsync(params?: Params, options?: CallOptions): AsyncCall<Result> {
    const answer = this.submit(params, options, true) as Promise<Result>
    return new SubmittedCall(this.#owner, answer)
  }

  private submit(params: Params | undefined, options: CallOptions | undefined, wantsId: boolean): Promise<unknown> {
    const { type, payload, call } = this.outgoing(params, options)
    return submit(this.#owner, this.#method, payload, type, call, options, wantsId)
  }

  /**
   * Opens a stream. `timeout` is that of the whole stream; without it the stream has none.
   * @param params what the handler gets as `stream.params`: the parameters of a server stream.
   */
  streamCall<Sent = Params, Received = Result>(params?: Params, options?: CallOptions): Stream<Sent, Received> {
    const signal = options?.signal
    if (signal?.aborted) {
      throw new HmsError(Code.Cancelled, 'the stream was cancelled before it began', { cause: signal.reason })
    }
    const { type, payload, call } = this.outgoing(params, options)
    const handle = reporting(options, () => native.streamOpen(this.#method, payload, type, ...call))
    return new Stream(handle, true, { signal, view: options?.view })
  }

  /**
   * Memory for a request of raw bytes. Fill it and call with it, or with a part of it: where the method is hosted in another
   * process of this machine, more than 4 KiB are sent without a copy. What was sent must not be written any more: each request
   * needs a loan of its own. RESOURCE_EXHAUSTED when it is larger than the service's `maxMessageSize`.
   */
  loan(length: number): ReleasableBuffer {
    return releasable(native.methodLoan(this.#method, length))
  }

  private outgoing(params: Params | undefined, options: CallOptions | undefined) {
    const type = typeFor(params, options)
    const call = callArguments(options)
    const payload: Payload = encode(params, contentTypeOf(params))
    return { type, payload, call }
  }

  /** Lets go of the method; calls through it fail from then on. It is let go of by itself when it is collected. */
  close(): void {
    native.methodClose(this.#method)
  }
}
