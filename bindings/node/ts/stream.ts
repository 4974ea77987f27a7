/** Streams, from either end. */

import { holdAlive, letGo } from './alive.js'
import { Code, type ContentType } from './codes.js'
import { HmsError } from './errors.js'
import { native, on, type Handle } from './native.js'
import { contentTypeOf, decode, encode } from './payload.js'
import { released } from './released.js'

const waiting = new Map<number, () => void>()
let lastTag = 0

on.ready = (tag) => {
  const resume = waiting.get(tag)
  waiting.delete(tag)
  letGo()
  resume?.()
}

function ready(stream: Handle, writable: boolean): Promise<void> {
  const tag = ++lastTag
  native.streamAwait(stream, tag, writable)
  holdAlive()
  return new Promise((resume) => waiting.set(tag, resume))
}

/**
 * A stream of messages. `for await` receives until the other side sends nothing more; leaving the loop early cancels a stream
 * that this side opened.
 */
export class Stream<Sent = unknown, Received = unknown> implements AsyncIterable<Received>, AsyncDisposable {
  readonly #handle: Handle
  readonly #opened: boolean
  readonly #view: boolean
  #signal: AbortSignal | undefined
  #onAbort: (() => void) | undefined

  /** @internal */
  constructor(handle: Handle, opened: boolean, { signal, view = false }: { signal?: AbortSignal; view?: boolean }) {
    this.#handle = handle
    this.#opened = opened
    this.#view = view
    released.streams.register(this, handle)
    if (signal) {
      this.#signal = signal
      // Holds the handle only: the stream itself can be collected.
      this.#onAbort = () => native.streamCancel(handle)
      signal.addEventListener('abort', this.#onAbort, { once: true })
    }
  }

  /**
   * Sends a message; waits while the receiver lags behind.
   * @throws HmsError CANCELLED when the stream was torn down, the handler's error when that has failed.
   */
  async send(message: Sent): Promise<void> {
    const type: ContentType = contentTypeOf(message)
    while (!native.streamSend(this.#handle, encode(message, type), type)) await ready(this.#handle, true)
  }

  /**
   * The next message; undefined when the other side sends nothing more.
   * @throws HmsError that of the handler when it has failed, after the messages that it sent before; CANCELLED when the stream
   * was torn down.
   */
  async receive(): Promise<Received | undefined> {
    for (;;) {
      const payload = native.streamReceive(this.#handle, this.#view)
      if (payload === null) return undefined
      if (payload !== undefined) return decode(payload, this.#view) as Received
      await ready(this.#handle, false)
    }
  }

  /** Ends this side, waits for the other and gives the last message: the one answer of a client stream. */
  async result(): Promise<Received> {
    this.finish()
    let last: Received | undefined
    let received = 0
    for await (const message of this) {
      last = message
      received++
    }
    if (received === 0) throw new HmsError(Code.FailedPrecondition, 'the stream ended without a message')
    return last as Received
  }

  /** Sends nothing more. Receiving goes on. May be repeated. */
  finish(): void {
    native.streamFinish(this.#handle)
  }

  /** Tears the stream down: both sides get CANCELLED, messages on their way are dropped. */
  cancel(): void {
    native.streamCancel(this.#handle)
  }

  /** Lets go of the stream; cancels it if this side opened it and it has not ended. May be repeated. */
  close(): void {
    if (this.#onAbort) this.#signal?.removeEventListener('abort', this.#onAbort)
    released.streams.unregister(this)
    native.streamClose(this.#handle)
  }

  /** Whether this side can neither send nor receive any more. */
  isClosed(): boolean {
    return native.streamIsClosed(this.#handle)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Received, void, undefined> {
    let ended = false
    try {
      for (;;) {
        const message = await this.receive()
        if (message === undefined) break
        yield message
      }
      ended = true
    } catch (error) {
      ended = true
      throw error
    } finally {
      if (!ended && this.#opened) this.cancel()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

/** The handler's end of a stream. */
export class ServerStream<Received = unknown, Sent = unknown> extends Stream<Sent, Received> {
  /** What the caller passed when it opened the stream: the parameters of a server stream. */
  readonly params: unknown

  /** @internal */
  constructor(handle: Handle, params: unknown, view: boolean) {
    super(handle, false, { view })
    this.params = params
  }
}
