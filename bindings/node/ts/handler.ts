/** Handlers: what serves inbound calls, on this environment's event loop. */

import { Code, ContentType, StreamType } from './codes.js'
import { Call, serving } from './context.js'
import { HmsError, causeHandle, failureOf, pairsToRecord } from './errors.js'
import { replyLoan } from './memory.js'
import { ANSWERED, LATER, VIEWS, header, native, on, type Handle, type Payload } from './native.js'
import { contentTypeName, contentTypeOf, decode, encode } from './payload.js'
import { ServerStream } from './stream.js'

/**
 * Serves a method. What it returns is the answer: a value, or a promise of one. What it throws is the caller's failure:
 * an {@link HmsError} keeps its code, all else is UNKNOWN.
 */
export type Handler<Params = any, Result = unknown> = (params: Params, call: Call) => Result | Promise<Result>

/**
 * Serves a streaming method. What it returns, or promises, ends the stream: the one answer of a client stream, nothing
 * otherwise. An async generator sends what it yields.
 */
export type StreamHandler<Received = any, Sent = any> = (stream: ServerStream<Received, Sent>, call: Call) => unknown

/** A registered method. */
export interface Registration {
  service: string
  name: string
  streamType: StreamType
  handler: Handler | StreamHandler
  /** Whether it reads raw bytes in place. */
  view: boolean
}

const registrations = new Map<number, Registration>()
let lastTag = 0

/** Makes a method known; the tag is what its calls carry. */
export function register(registration: Registration): number {
  const tag = ++lastTag + (registration.view ? VIEWS : 0)
  registrations.set(tag, registration)
  return tag
}

export function forget(tag: number): void {
  registrations.delete(tag)
}

/** Calls that got a promise for an answer, for cancellation. */
const unanswered = new Map<Handle, Call>()

on.cancelled = (handle) => unanswered.get(handle)?.cancel()

on.request = (tag, payload) => {
  const handle = header.call
  const { direct } = header
  const registration = registrations.get(tag)
  let call: Call | undefined
  try {
    if (!registration) throw new HmsError(Code.Unavailable, 'the server that served this was closed')
    const { service, name, handler, streamType } = registration
    call = inbound(handle, service, name)
    const inPlace = registration.view && typeof payload !== 'number' && header.contentType === ContentType.Bytes
    const params = decode(payload)
    if (streamType !== StreamType.None) return later(call, handle, stream(registration, call, params))
    const result = serving(call, handler as Handler, params)
    if (!isPromise(result)) return answer(call, handle, result)
    if (direct) refuseToWait(result, registration)
    return later(call, handle, finish(call, handle, result, inPlace ? (payload as Buffer) : undefined))
  } catch (error) {
    fail(call, handle, error)
    return ANSWERED
  }
}

function inbound(handle: Handle, service: string, name: string): Call {
  const type = contentTypeName(header.contentType, () => native.contentType())
  const metadata = header.metadataCount > 0 ? pairsToRecord(native.callMetadata(handle)) : undefined
  return new Call(handle, service, name, metadata, type, header.deadlineNs)
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** The answer of a handler that gave it at once. */
function answer(call: Call, handle: Handle, result: unknown): Payload {
  const type = contentTypeOf(result)
  const metadata = call.answerMetadata
  if (replyLoan(handle, call.loans, result, type, metadata)) {
    call.answered()
    return ANSWERED
  }
  const payload = encode(result, type)
  call.answered()
  if (metadata) {
    native.reply(handle, payload, type, metadata)
    return ANSWERED
  }
  header.answerType = type
  return payload
}

function later(call: Call, handle: Handle, finished: Promise<void>): Payload {
  unanswered.set(handle, call)
  // `finished` never fails.
  void finished.then(() => unanswered.delete(handle))
  return LATER
}

/** @param view a request that is read in place, which is valid until the call is answered */
async function finish(
  call: Call,
  handle: Handle,
  result: PromiseLike<unknown>,
  view: Buffer | undefined,
): Promise<void> {
  try {
    const value = await result
    const type = contentTypeOf(value)
    const metadata = call.answerMetadata
    if (!replyLoan(handle, call.loans, value, type, metadata)) native.reply(handle, encode(value, type), type, metadata)
    call.answered()
  } catch (error) {
    fail(call, handle, error)
  } finally {
    if (view) native.detach(view)
  }
}

function fail(call: Call | undefined, handle: Handle, error: unknown): void {
  call?.answered()
  const { code, message, stack, details, schema, data } = failureOf(error)
  const sent = schema === undefined ? undefined : sendable(schema, data)
  native.fail(handle, code, message, stack, details, causeHandle(error), sent === undefined ? undefined : schema, sent)
}

/** The data of an error; that there was a failure matters more than its data. */
function sendable(schema: string, data: unknown): Payload | undefined {
  try {
    return encode(data, ContentType.Cbor)
  } catch (why) {
    process.emitWarning(`an error is answered without its data, ${schema}: ${why}`, 'HmsffiWarning')
    return undefined
  }
}

/** A caller that blocks this thread can never get what a promise will hold. */
function refuseToWait(result: PromiseLike<unknown>, { service, name }: Registration): never {
  // Nobody will look at it.
  result.then(undefined, () => {})
  throw new HmsError(
    Code.Aborted,
    `${service}.${name} answers with a promise, but its caller blocks the event loop that would keep it. ` +
      `Call it with 'await call(...)' instead of 'callSync(...)'`,
  )
}

async function stream({ handler, streamType, view }: Registration, call: Call, params: unknown): Promise<void> {
  const { handle } = call
  let end: ServerStream | undefined
  try {
    end = new ServerStream(native.callStream(handle), params, view)
    let result = serving(call, handler as unknown as (stream: ServerStream, call: Call) => unknown, end)
    if (isAsyncIterable(result)) result = sendAll(end, result)
    const value = await result
    call.answered()
    if (streamType === StreamType.Client) {
      const type = contentTypeOf(value)
      native.reply(handle, encode(value, type), type, call.answerMetadata)
    } else {
      native.reply(handle, 0, ContentType.Bytes, call.answerMetadata)
    }
  } catch (error) {
    fail(call, handle, error)
  } finally {
    end?.close()
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

async function sendAll(stream: ServerStream, messages: AsyncIterable<unknown>): Promise<void> {
  for await (const message of messages) await stream.send(message)
}
