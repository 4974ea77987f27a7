/** Servers and the services that they host. */

import { setTimeout as sleep } from 'node:timers/promises'

import { holdAlive, letGo } from './alive.js'
import { nanos } from './call-options.js'
import { AuthType, Code, StreamType, TransportType } from './codes.js'
import { HmsError, recordToPairs } from './errors.js'
import { forget, register, type Handler, type StreamHandler } from './handler.js'
import { setLogger, type Logger } from './logging.js'
import { native, type Handle } from './native.js'
import { released } from './released.js'
import { serialized, type Schema, type Valid } from './schema.js'
import { schemaOf, type ErrorType } from './typed-errors.js'

/** Options of a server. */
export interface ServerOptions {
  /** For logs and errors. */
  name?: string
  /** The ways by which calls may come; all that there are when none are given. With `InProcess` alone other processes do not find
   * the services. Those that this version lacks are refused with UNIMPLEMENTED. */
  transports?: readonly TransportType[]
  /** How callers say who they are. This version refuses all but `AuthType.None` with UNIMPLEMENTED. */
  authConfig?: { type: AuthType }
  /** Calls served at once; 100 when it is not given, Infinity = no limit. Past it: RESOURCE_EXHAUSTED. */
  maxConcurrentCalls?: number
  /** Default time for a call, in milliseconds; 30 s when it is not given. */
  callTimeout?: number
  /** Bytes of a request, an answer or a message of a stream; 1 GiB when it is not given, the least is 4096. Past it:
   * RESOURCE_EXHAUSTED. */
  maxMessageSize?: number
  /** Gets the library's log lines: see {@link setLogger}. */
  logger?: Logger
}

/** Options of a method. */
export interface MethodOptions<Input = Schema> {
  /** For people. */
  description?: string
  /** Time for a call in milliseconds, when the caller does not ask for less. */
  timeout?: number
  /** Labels. Keys that start with `hms.` are the library's. */
  metadata?: Readonly<Record<string, string>>
  /** Two calls with the same parameters do no more than one: it may be repeated after a failure. */
  idempotent?: boolean
  /**
   * Requests of raw bytes are `Buffer`s that are not copied when they are large. They are valid until the handler has answered,
   * and empty then; they may be read and not be written, which would end the process. Messages of a stream are
   * {@link ReleasableBuffer}s.
   */
  view?: boolean
  /**
   * What callers send. What does not fit is INVALID_ARGUMENT, and the handler does not see it; what is left out and has a default
   * is put in. Of a stream that callers send on, each message has it. With one of zod the handler's parameters have its type.
   */
  inputSchema?: Input & Schema
  /** What the handler answers, or each message that it sends. Checked where the service has the label `hms.validate` = `always`. */
  outputSchema?: Schema
  /** Errors with data, each with the id by which the error names it. */
  errorSchemas?: readonly Schema[]
  /** The same as classes of errors: see {@link errorType}. */
  errors?: readonly ErrorType[]
}

/** Options of a streaming method. */
export interface StreamMethodOptions extends MethodOptions {
  /** Bidirectional when it is not given. */
  streamType?: StreamType.Server | StreamType.Client | StreamType.Bidirectional
}

/** A service to host. */
export interface ServiceDefinition<Inputs = Record<string, Schema>> {
  /** What clients ask for; generated when it is not given. */
  id?: string
  /** Name and description for people. */
  name?: string
  description?: string
  /** Semantic; `1.0.0` when it is not given. */
  version?: string
  /** Labels. Keys that start with `hms.` are the library's. */
  metadata?: Readonly<Record<string, string>>
  /** Its methods; more can be added later. */
  methods?: { readonly [Method in keyof Inputs]: Handler | ServedMethod<Inputs[Method]> }
}

/** A method with what serves it. */
export interface ServedMethod<Input = Schema> extends MethodOptions<Input> {
  handler: Handler<Valid<Input>>
}

const IDEMPOTENT = 1
const DEFAULT_CALL_TIMEOUT = 30_000

/** Servers that run are not collected. */
const running = new Set<Server>()

/** Makes a server that is not started. */
export function createServer(options: ServerOptions = {}): Server {
  return new Server(options)
}

/**
 * Hosts services. Its handlers run on the event loop of the thread that made it: called from another thread on a turn of that
 * loop, called from the same thread with `callSync` at once.
 */
export class Server implements AsyncDisposable {
  readonly #handle: Handle
  readonly #drain: number
  readonly #services = new Set<string>()
  readonly #tags: number[] = []
  #referenced = true
  #stopped: { promise: Promise<void>; resolve: () => void } | undefined
  #closed = false

  /** @internal */
  constructor(options: ServerOptions) {
    if (options.logger) setLogger(options.logger)
    const timeout = nanos(options.callTimeout, 'callTimeout')
    const authType = options.authConfig?.type ?? AuthType.Default
    const { name = '', transports = [] } = options
    const calls = limit(options.maxConcurrentCalls)
    this.#handle = native.serverNew(name, [...transports], authType, calls, timeout, options.maxMessageSize ?? 0)
    this.#drain = options.callTimeout ?? DEFAULT_CALL_TIMEOUT
    released.servers.register(this, this.#handle)
  }

  /**
   * Hosts a service; it is served once the server runs.
   * @returns its id.
   * @throws HmsError ALREADY_EXISTS when its id and version are taken by another definition, with the difference.
   */
  registerService<Inputs>(definition: ServiceDefinition<Inputs>): string {
    const { id = '', version = '', name = '', description = '', metadata = {} } = definition
    const methods: Readonly<Record<string, Handler | ServedMethod>> = (definition as ServiceDefinition).methods ?? {}
    const service = native.serviceNew(id, version, name, description, recordToPairs(metadata))
    const added: { service: string }[] = []
    try {
      for (const [method, entry] of Object.entries(methods)) {
        const options: ServedMethod = typeof entry === 'function' ? { handler: entry } : entry
        const registration = { service: id, name: method, streamType: StreamType.None, handler: options.handler, view: !!options.view }
        native.serviceAddMethod(service, ...this.describe(registration, options))
        added.push(registration)
      }
      const given = native.serviceRegister(this.#handle, service)
      for (const registration of added) registration.service = given
      this.#services.add(given)
      return given
    } finally {
      native.serviceClose(service)
    }
  }

  /** Adds a method; clients see it at once. A service that this server does not host yet is registered as version 1.0.0. */
  registerMethod<Input extends Schema = Schema>(
    service: string,
    method: string,
    handler: Handler<Valid<Input>>,
    options: MethodOptions<Input> = {},
  ): void {
    this.add({ service, name: method, streamType: StreamType.None, handler, view: !!options.view }, options)
  }

  /** Adds a streaming method. As {@link registerMethod}. */
  registerStreamMethod(service: string, method: string, handler: StreamHandler, options: StreamMethodOptions = {}): void {
    const streamType = options.streamType ?? StreamType.Bidirectional
    this.add({ service, name: method, streamType, handler, view: !!options.view }, options)
  }

  private add(registration: Parameters<typeof register>[0], options: MethodOptions): void {
    if (!this.#services.has(registration.service)) this.registerService({ id: registration.service })
    native.serverAddMethod(this.#handle, registration.service, ...this.describe(registration, options))
  }

  private describe(registration: Parameters<typeof register>[0], options: MethodOptions) {
    const { name, streamType, handler } = registration
    if (typeof handler !== 'function') {
      throw new HmsError(Code.InvalidArgument, `the handler of method '${name}' is not a function but ${typeof handler}`)
    }
    const tag = register(registration)
    this.#tags.push(tag)
    const timeout = nanos(options.timeout, 'timeout')
    const flags = options.idempotent ? IDEMPOTENT : 0
    const labels = recordToPairs(options.metadata ?? {})
    const { description = '', inputSchema, outputSchema, errorSchemas = [], errors = [] } = options
    const failures = [
      ...errorSchemas.map((schema, index) => serialized(schema, 'output', `errorSchemas[${index}] of method '${name}'`)),
      ...errors.map((type) => schemaOf(type, `of method '${name}'`)),
    ]
    const schemas = [
      serialized(inputSchema, 'input', `inputSchema of method '${name}'`),
      serialized(outputSchema, 'output', `outputSchema of method '${name}'`),
      failures,
    ] as const
    return [name, tag, description, streamType, timeout, flags, labels, handler.name, ...schemas] as const
  }

  /** Stops offering a service. Calls inside end. */
  unregisterService(service: string): void {
    native.serviceUnregister(this.#handle, service)
    this.#services.delete(service)
  }

  /** Serves calls from now on, and keeps the process alive until {@link stop}, unless {@link unref} was called. */
  async start(): Promise<void> {
    native.serverStart(this.#handle)
    if (this.#stopped) return
    let resolve!: () => void
    const promise = new Promise<void>((stop) => (resolve = stop))
    this.#stopped = { promise, resolve }
    running.add(this)
    if (this.#referenced) holdAlive()
  }

  /**
   * Takes no more calls and waits for those inside. The server can be started again.
   * @param options `timeout`: milliseconds to wait at most; the time that one call may take when it is not given, 0 = not at all.
   * @throws HmsError DEADLINE_EXCEEDED when calls still run; the server is stopped all the same.
   */
  async stop(options: { timeout?: number } = {}): Promise<void> {
    const until = performance.now() + (options.timeout ?? this.#drain)
    let drained = native.serverStop(this.#handle)
    // Calls inside may need this very event loop: it must not block.
    for (let pause = 0; !drained && performance.now() < until; pause = Math.min(pause + 1, 10)) {
      await sleep(pause)
      drained = native.serverStop(this.#handle)
    }
    this.letGo()
    if (!drained) throw new HmsError(Code.DeadlineExceeded, 'the server is stopped, but calls inside it still run')
  }

  private letGo(): void {
    if (!this.#stopped) return
    if (this.#referenced) letGo()
    running.delete(this)
    this.#stopped.resolve()
    this.#stopped = undefined
  }

  /** Whether the server serves calls. */
  isRunning(): boolean {
    return !this.#closed && native.serverIsRunning(this.#handle)
  }

  /** Ends when the server is stopped; at once when it does not run. */
  async wait(): Promise<void> {
    await this.#stopped?.promise
  }

  /** Lets the process end although the server runs. */
  unref(): this {
    if (this.#referenced && this.#stopped) letGo()
    this.#referenced = false
    return this
  }

  /** Undoes {@link unref}. */
  ref(): this {
    if (!this.#referenced && this.#stopped) holdAlive()
    this.#referenced = true
    return this
  }

  /** Withdraws the services for good. Calls inside end; nothing is waited for. May be repeated. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    released.servers.unregister(this)
    native.serverClose(this.#handle)
    this.letGo()
    for (const tag of this.#tags) forget(tag)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function limit(calls: number | undefined): number {
  // For the core 0 is its default, and -1 is no limit.
  if (calls === undefined) return 0
  if (calls === Number.POSITIVE_INFINITY) return -1
  if (Number.isInteger(calls) && calls > 0 && calls <= 0x7fff_ffff) return calls
  throw new HmsError(Code.InvalidArgument, `maxConcurrentCalls is ${calls}; it must be an integer above 0, or Infinity`)
}
