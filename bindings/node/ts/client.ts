/** Clients and the services that they call. */

import { nanos, type CallOptions, type SyncCallOptions } from './call-options.js'
import { Code, StreamType, TransportType } from './codes.js'
import { Dynamic } from './dynamic.js'
import { HmsError } from './errors.js'
import type { Logger } from './logging.js'
import { setLogger } from './logging.js'
import { BoundMethod, FoundCall, type AsyncCall } from './method.js'
import { native } from './native.js'
import { ClientOwner, released } from './released.js'
import type { Stream } from './stream.js'

/** What a program was made for. */
export interface ServiceOptions {
  /** The definition of the service with version and schemas, as `hms info NAME --definition` writes it. */
  expects?: Readonly<Record<string, unknown>> | string
  /**
   * How close the service must be to it. `loose`, the default: the same major version; it reads what is sent, and answers
   * what is expected. `strict`: the same minor version, too, with schemas that are interchangeable.
   */
  binding?: 'loose' | 'strict'
}

type Expectation = readonly [definition: string, binding: number]

const BINDINGS = { loose: 1, strict: 2 }

function expectation({ expects, binding = 'loose' }: ServiceOptions): Expectation | undefined {
  if (!Object.hasOwn(BINDINGS, binding)) {
    throw new HmsError(Code.InvalidArgument, `binding is ${String(binding)}; it must be 'loose' or 'strict'`)
  }
  return expects === undefined ? undefined : [typeof expects === 'string' ? expects : JSON.stringify(expects), BINDINGS[binding]]
}

/** Options of a client. */
export interface ClientOptions {
  /** Default time for a call, in milliseconds; 30 s when it is not given. */
  timeout?: number
  /** Retries after a failure that cannot have run the handler; 3 when it is not given, 0 = none. */
  maxRetries?: number
  /** The way that its calls must take; chosen by the library when it is not given. */
  transport?: TransportType
  /**
   * How long a thread that calls another process looks for its answer before it sleeps, in milliseconds and whole
   * microseconds of it; as is found best when it is not given, 0 = not at all.
   */
  spin?: number
  /** Sent with each call. */
  authToken?: string
  /** Gets the library's log lines: see {@link setLogger}. */
  logger?: Logger
}

/** A method, as a service's record describes it. */
export interface MethodInfo {
  name: string
  description: string
  isStreaming: boolean
  streamType: StreamType
  metadata: Readonly<Record<string, string>>
}

/** A service, as the registry describes it. */
export interface ServiceInfo {
  id: string
  name: string
  description: string
  version: string
  methods: readonly MethodInfo[]
  metadata: Readonly<Record<string, string>>
}

/** Makes a client of the process-wide registry. */
export function createClient(options: ClientOptions = {}): Client {
  return new Client(options)
}

/** Calls services, in whatever language they are written. */
export class Client implements AsyncDisposable {
  readonly #owner: ClientOwner
  #closed = false

  /** @internal */
  constructor(options: ClientOptions) {
    if (options.logger) setLogger(options.logger)
    const retries = options.maxRetries
    if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0)) {
      throw new HmsError(Code.InvalidArgument, `maxRetries is ${retries}; it must be an integer from 0`)
    }
    const timeout = nanos(options.timeout, 'timeout')
    // For the core 0 is its default, and -1 is none.
    const maxRetries = retries === undefined ? 0 : retries || -1
    const { spin } = options
    if (spin !== undefined && !(spin >= 0)) {
      throw new HmsError(Code.InvalidArgument, `spin is ${spin}; it must be milliseconds from 0`)
    }
    const spinUs = spin === undefined ? 0 : Math.min(Math.floor(spin * 1000), 2 ** 31 - 1) || -1
    const transport = options.transport ?? TransportType.Default
    this.#owner = new ClientOwner(native.clientNew(timeout, maxRetries, transport, options.authToken ?? '', spinUs))
  }

  /**
   * A service to call. Its methods are looked up when they are called first: a service that is not there fails then, with
   * NOT_FOUND and the nearest name.
   * Its methods are also those of the client, `await service.hello({ name: 'Ada' })`, unless {@link ServiceClient} has one of
   * that name. Say which there are, or {@link AnyMethods}, for TypeScript.
   * @param service an id, or `id@version` such as `billing@^1.2`.
   * @param options what the service must be. With some it is looked up at once: FAILED_PRECONDITION names each difference, and
   *   who must move, when no version fits.
   */
  async getService<Methods extends object = {}>(service: string, options: ServiceOptions = {}): Promise<ServiceClient & Methods> {
    if (typeof service !== 'string' || service === '') {
      throw new HmsError(Code.InvalidArgument, 'the service id is empty')
    }
    this.refuseClosed()
    const expected = expectation(options)
    if (expected) native.clientFit(this.#owner.handle, service, ...expected)
    return new ServiceClient(this.#owner, service, expected) as ServiceClient & Methods
  }

  /**
   * The services whose id fits a pattern, such as `demo.*`; all without it. Those of the library, `hms.ffi.v1.*`, only when
   * the pattern begins with `hms.`.
   */
  async listServices(pattern = '*'): Promise<ServiceInfo[]> {
    this.refuseClosed()
    const registry = new BoundMethod<object, ListServicesResponse>(this.#owner, REGISTRY, 'ListServices')
    const found: ServiceInfo[] = []
    let pageToken = ''
    do {
      const request = { name_pattern: pattern, metadata_filter: {}, limit: 0, page_token: pageToken }
      const page = await registry.call(request)
      found.push(...page.services.map(describe))
      pageToken = page.next_page_token ?? ''
    } while (pageToken !== '')
    return found
  }

  /** An asynchronous call that was started elsewhere in the process, by its id. */
  asyncCall<Result = unknown>(id: string): AsyncCall<Result> {
    return new FoundCall<Result>(this.#owner, id)
  }

  /** Calls through this client fail from then on with FAILED_PRECONDITION; those that run end as they will. May be repeated. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    released.clients.unregister(this.#owner)
    native.clientClose(this.#owner.handle)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private refuseClosed(): void {
    if (this.#closed) throw new HmsError(Code.FailedPrecondition, 'the client was closed')
  }
}

/** One service, to be called by the names of its methods. */
export class ServiceClient extends Dynamic implements AsyncDisposable {
  readonly #owner: ClientOwner
  readonly #methods = new Map<string, BoundMethod<unknown, unknown>>()
  readonly #expected: Expectation | undefined

  /** @internal */
  constructor(
    owner: ClientOwner,
    /** As it was asked for. */
    readonly id: string,
    expected?: Expectation,
  ) {
    super()
    this.#owner = owner
    this.#expected = expected
  }

  /** Resolves a method once, for many calls. NOT_FOUND, with the nearest name, when there is none. */
  bind<Params = unknown, Result = unknown>(method: string): BoundMethod<Params, Result> {
    return new BoundMethod<Params, Result>(this.#owner, this.id, method, this.#expected)
  }

  /** Calls a method. */
  async call<Result = unknown>(method: string, params?: unknown, options?: CallOptions): Promise<Result> {
    return this.bound(method).call(params, options) as Promise<Result>
  }

  /** Calls a method and blocks this thread: see {@link BoundMethod.callSync}. */
  callSync<Result = unknown>(method: string, params?: unknown, options?: SyncCallOptions): Result {
    return this.bound(method).callSync(params, options) as Result
  }

  /** Starts a call and gives its id. */
  callAsync<Result = unknown>(method: string, params?: unknown, options?: CallOptions): AsyncCall<Result> {
    return this.bound(method).callAsync(params, options) as AsyncCall<Result>
  }

  /** Opens a stream: see {@link BoundMethod.streamCall}. */
  streamCall<Sent = unknown, Received = unknown>(
    method: string,
    params?: unknown,
    options?: CallOptions,
  ): Stream<Sent, Received> {
    return this.bound(method).streamCall<Sent, Received>(params, options)
  }

  /** Lets go of the methods that were called. The service can still be used. */
  async close(): Promise<void> {
    for (const method of this.#methods.values()) method.close()
    this.#methods.clear()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private bound(name: string): BoundMethod {
    let method = this.#methods.get(name)
    if (!method) {
      method = this.bind(name)
      this.#methods.set(name, method)
    }
    return method
  }
}

const REGISTRY = 'hms.ffi.v1.ServiceRegistry'

interface ListServicesResponse {
  services: {
    service_id: string
    display_name: string
    description: string
    version: string
    methods: { name: string; description: string; is_streaming: boolean; stream_type: StreamType; metadata: Record<string, string> }[]
    metadata: Record<string, string>
  }[]
  next_page_token?: string
}

function describe(service: ListServicesResponse['services'][number]): ServiceInfo {
  return {
    id: service.service_id,
    name: service.display_name,
    description: service.description,
    version: service.version,
    methods: service.methods.map((method) => ({
      name: method.name,
      description: method.description,
      isStreaming: method.is_streaming,
      streamType: method.stream_type,
      metadata: method.metadata,
    })),
    metadata: service.metadata,
  }
}
