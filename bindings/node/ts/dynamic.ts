/** The methods of a service as methods of its client, without generated code. */

import type { CallOptions } from './call-options.js'
import { Code } from './codes.js'
import { HmsError } from './errors.js'
import type { Stream } from './stream.js'

/** Any methods at all: `client.getService<AnyMethods>('greet')`. */
export interface AnyMethods {
  readonly [method: string]: (params?: any, options?: CallOptions) => DynamicCall<any>
}

interface Service {
  readonly id: string
  call(method: string, params?: unknown, options?: CallOptions): Promise<unknown>
  streamCall(method: string, params?: unknown, options?: CallOptions): Stream<any, any>
}

/**
 * A call of a method, or a stream of it: what is done with it first, on the same turn of the event loop, says which. Awaited or
 * left alone it is a call; iterated, sent to or asked for its {@link stream} it is that.
 */
export class DynamicCall<Result = unknown> implements Promise<Result>, AsyncIterable<Result> {
  readonly #service: Service
  readonly #arguments: [method: string, params?: unknown, options?: CallOptions]
  #answer: Promise<Result> | undefined
  #stream: Stream<any, Result> | undefined

  /** @internal */
  constructor(service: Service, method: string, params?: unknown, options?: CallOptions) {
    this.#service = service
    this.#arguments = [method, params, options]
    queueMicrotask(() => {
      if (!this.#stream) void this.#begin()
    })
  }

  #begin(): Promise<Result> {
    if (this.#stream) {
      const what = `'${this.#arguments[0]}' was opened as a stream`
      throw new HmsError(Code.FailedPrecondition, `${what}; iterate over it, or ask its stream for the result`)
    }
    return (this.#answer ??= this.#service.call(...this.#arguments) as Promise<Result>)
  }

  /** The stream of a streaming method. */
  get stream(): Stream<any, Result> {
    if (this.#answer) {
      const what = `'${this.#arguments[0]}' was called already`
      throw new HmsError(Code.FailedPrecondition, `${what}; a stream is iterated over at once: for await (const x of service.method())`)
    }
    return (this.#stream ??= this.#service.streamCall(...this.#arguments))
  }

  /** Sends a message on the stream: see {@link Stream.send}. */
  send(message: unknown): Promise<void> {
    return this.stream.send(message)
  }

  /** Ends sending and gives the one answer of a client stream: see {@link Stream.result}. */
  result(): Promise<Result> {
    return this.stream.result()
  }

  [Symbol.asyncIterator](): AsyncIterator<Result> {
    return this.stream[Symbol.asyncIterator]()
  }

  then<Kept = Result, Mended = never>(
    kept?: ((result: Result) => Kept | PromiseLike<Kept>) | null,
    mended?: ((error: any) => Mended | PromiseLike<Mended>) | null,
  ): Promise<Kept | Mended> {
    return this.#begin().then(kept, mended)
  }

  catch<Mended = never>(mended?: ((error: any) => Mended | PromiseLike<Mended>) | null): Promise<Result | Mended> {
    return this.#begin().catch(mended)
  }

  finally(ended?: (() => void) | null): Promise<Result> {
    return this.#begin().finally(ended)
  }

  get [Symbol.toStringTag](): string {
    return 'DynamicCall'
  }
}

/** What others ask any object for: with a function there it would be taken for a promise, or for JSON. */
const NEVER = new Set(['then', 'toJSON'])

/** The base of what has methods that are known at their first use. */
export class Dynamic {}

// Behind the prototypes, so that what is there is found without it, and at no cost.
Object.setPrototypeOf(
  Dynamic.prototype,
  new Proxy(Object.prototype, {
    get(members, name, service: Service) {
      if (typeof name === 'symbol' || name in members || NEVER.has(name)) return Reflect.get(members, name, service)
      const method = (params?: unknown, options?: CallOptions) => new DynamicCall(service, name, params, options)
      Object.defineProperty(service, name, { value: method, configurable: true })
      return method
    },
  }),
)
