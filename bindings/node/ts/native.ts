/** The addon: loaded once for each environment (the main thread and every worker). */

import type { Code } from './codes.js'
import { HmsError } from './errors.js'
import { released } from './released.js'

/** A handle of the core, which checks it. */
export type Handle = bigint
/** A message: its length in the shared memory, or its bytes. */
export type Payload = number | Uint8Array
export type AllCallArguments = [
  parent: Handle | undefined,
  timeoutNs: number,
  metadata: string[] | undefined,
  transport: number,
  forbiddenTransports: number,
  flags: number,
]
/** Options of a call. Without any there is a parent at most. */
export type CallArguments = [parent?: Handle | undefined] | AllCallArguments
/** A content type's number, or the text of one that has none. */
export type TypeOfContent = number | string

export interface BoundCall {
  (payload: Payload, type: TypeOfContent, parent?: Handle): Payload
  (
    payload: Payload,
    type: TypeOfContent,
    ...options: [...AllCallArguments, wantsMetadata: boolean]
  ): Payload | [Payload, string[]]
}

type MethodArguments = [
  name: string,
  tag: number,
  description: string,
  streamType: number,
  timeoutNs: number,
  flags: number,
  labels: string[],
  site: string,
  inputSchema: string,
  outputSchema: string,
  errorSchemas: string[],
]

/** What `src/exports.rs` exports; the functions' documentation is there. */
export interface Native {
  version: string
  shared: ArrayBuffer
  asyncCancel(client: Handle, id: string): boolean
  asyncResult(client: Handle, id: string): Payload | undefined
  asyncStatus(client: Handle, id: string): number
  bind(client: Handle, service: string, method: string, expected: string, binding: number): [Handle, BoundCall]
  callIsCancelled(call: Handle): boolean
  callLoan(call: Handle, length: number): Buffer
  callMetadata(call: Handle): string[]
  callStream(call: Handle): Handle
  clientClose(client: Handle): void
  clientFit(client: Handle, service: string, expected: string, binding: number): void
  clientNew(timeoutNs: number, maxRetries: number, transport: number, authToken: string, spinUs: number): Handle
  contentType(): string
  detach(buffer: Buffer): void
  errorClose(error: Handle): void
  fail(
    call: Handle,
    code: Code,
    message: string,
    stack: string,
    details: string[] | undefined,
    cause: Handle | undefined,
    schema: string | undefined,
    data: Payload | undefined,
  ): void
  instanceId(): Buffer
  introspect(): Introspection
  keepAlive(alive: boolean): void
  loadComponent(path: string): void
  methodClose(method: Handle): void
  methodLoan(method: Handle, length: number): Buffer
  payloadConvert(
    schema: string,
    payload: Uint8Array,
    from: number,
    to: number,
    layout: number,
  ): [payload: Buffer, losses: string]
  release(buffer: Buffer, owner: Handle): void
  reply(call: Handle, payload: Payload, type: TypeOfContent, metadata?: string[]): void
  replyLoan(call: Handle, loan: Buffer, owner: Handle, length: number, type: TypeOfContent, metadata?: string[]): void
  schemaCompare(old: string, current: string): string
  schemaConvert(schema: string, from: number, to: number): [schema: string, losses: string]
  schemaOfMessage(descriptors: Uint8Array, message: string): string
  serverAddMethod(server: Handle, service: string, ...method: MethodArguments): void
  serverClose(server: Handle): void
  serverIsRunning(server: Handle): boolean
  serverNew(
    name: string,
    transports: number[],
    authType: number,
    maxCalls: number,
    timeoutNs: number,
    maxMessageSize: number,
  ): Handle
  serverStart(server: Handle): void
  serverStop(server: Handle): boolean
  serviceAddMethod(service: Handle, ...method: MethodArguments): void
  serviceClose(service: Handle): void
  serviceNew(id: string, version: string, name: string, description: string, metadata: string[]): Handle
  serviceRegister(server: Handle, service: Handle): string
  serviceUnregister(server: Handle, service: string): void
  setLog(level: number, log?: (level: number, target: string, message: string) => void): void
  streamAwait(stream: Handle, tag: number, writable: boolean): void
  streamCancel(stream: Handle): void
  streamClose(stream: Handle): void
  streamFinish(stream: Handle): void
  streamIsClosed(stream: Handle): boolean
  streamOpen(method: Handle, payload: Payload, type: TypeOfContent, ...options: CallArguments): Handle
  streamReceive(stream: Handle, view: boolean): Payload | null | undefined
  streamSend(stream: Handle, payload: Payload, type: number): boolean
  submit(
    method: Handle,
    tag: number,
    payload: Payload,
    type: TypeOfContent,
    ...options: [...AllCallArguments, wantsId: boolean]
  ): void
}

/** What lives in this process: leak tests compare two of them. */
export interface Introspection {
  /** Threads that the library started. */
  threads: number
  /** Live handles by kind. */
  handles: number[]
  /** Buffers handed out and not released, and their bytes. */
  buffers: number
  bufferBytes: number
  /** Bytes that wait in queues and streams. */
  queuedBytes: number
  /** Inbound calls without an answer. */
  calls: number
  callsTotal: number
  bytesCopiedTotal: number
  /** Nanoseconds that threads spent looking for what comes from other processes before they slept. */
  spunNsTotal: number
}

/** Bits of `flags`; src/options.rs has the same. */
export const WANTS_REPORT = 1
export const WANTS_VIEW = 2
/** Tags from here on belong to those who want to read raw bytes in place; src/memory.rs has the same. */
export const VIEWS = 2 ** 40

/** What the addon calls. Modules put their functions here. */
export const on = {
  /** Serves an inbound call: its answer, {@link LATER} or {@link ANSWERED}. */
  request: (_tag: number, _payload: Payload): Payload => unset(),
  /** An asynchronous call ended. */
  settled: (_tag: number, _payload: Payload | undefined, _error?: HmsError, _metadata?: string[]): void => unset(),
  /** A stream can be received from, or has room. */
  ready: (_tag: number): void => unset(),
  /** The caller of an inbound call went away. */
  cancelled: (_call: Handle): void => unset(),
}

export const LATER = -1
export const ANSWERED = -2

function unset(): never {
  throw new Error('hmsffi: the module that takes this was not loaded')
}

function load(): Native {
  // In `dist/`; the addon and the library lie beside that.
  const addon = require('../hmsffi.node') as { open(callbacks: object): Native }
  return addon.open({
    error: HmsError.of,
    request: (tag: number, payload: Payload) => on.request(tag, payload),
    settled: (tag: number, payload: Payload | undefined, error?: HmsError, metadata?: string[]) =>
      on.settled(tag, payload, error, metadata),
    ready: (tag: number) => on.ready(tag),
    cancelled: (call: Handle) => on.cancelled(call),
  })
}

export const native = load()

released.errors.closeWith((handle) => native.errorClose(handle))
released.clients.closeWith((handle) => native.clientClose(handle))
released.servers.closeWith((handle) => native.serverClose(handle))
released.streams.closeWith((handle) => native.streamClose(handle))

// The places of `Header` in src/buffers.rs.
const HEADER = 96
const [inbound64, inbound32] = [new BigUint64Array(native.shared, 0, 2), new Uint32Array(native.shared, 16, 6)]
const id = Buffer.from(native.shared, 40, 32)
const last64 = new BigUint64Array(native.shared, 72, 2)
const half = (native.shared.byteLength - HEADER) / 2

/** What lies in the shared memory beside the messages. */
export const header = {
  /** The inbound call. */
  get call(): Handle {
    return inbound64[0] as bigint
  },
  /** When its caller stops waiting, on the clock of `process.hrtime`; 0 = never. */
  get deadlineNs(): bigint {
    return inbound64[1] as bigint
  },
  /** The content type of the last message from the addon. */
  get contentType(): number {
    return inbound32[0] as number
  },
  /** The content type of the answer that `request` returns. */
  set answerType(type: number) {
    inbound32[1] = type
  },
  get streamType(): number {
    return inbound32[2] as number
  },
  get metadataCount(): number {
    return inbound32[3] as number
  },
  /** Whether the inbound call's caller blocks this thread. */
  get direct(): boolean {
    return inbound32[4] === 1
  },
  /** The way that the last call took whose caller wanted to know. */
  get transport(): number {
    return inbound32[5] as number
  },
  /** Bytes that were copied for that call. */
  get bytesCopied(): number {
    return Number(last64[0])
  },
  /** Who owns the memory of the last message that is read in place, or of the last loan; 0 = nobody. */
  get owner(): Handle {
    return last64[1] as bigint
  },
  /** The id of the last call that was submitted. */
  get id(): string {
    return id.toString('latin1')
  },
}

/** Messages from the addon; read them at once. */
export const inbox = Buffer.from(native.shared, HEADER, half)
/** Messages to the addon. */
export const outbox = Buffer.from(native.shared, HEADER + half, half)
