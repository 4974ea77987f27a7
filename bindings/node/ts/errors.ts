/** The error of every failed operation. */

import { inspect } from 'node:util'

import { readCbor } from './cbor-reader.js'
import { Code, codeName } from './codes.js'
import { released } from './released.js'

export interface HmsErrorOptions {
  /** The component that failed. */
  source?: string
  /** Further details. */
  details?: Readonly<Record<string, string>>
  /** What made it fail, nearer to where the failure began. */
  cause?: unknown
  /** The id of the schema of its data. */
  schema?: string
  /** Its data: a value of that schema. See {@link errorType} for classes of such errors. */
  data?: unknown
}

/**
 * A failed call or operation.
 *
 * Throw one in a handler to fail with a code of its own; any other exception becomes UNKNOWN. Thrown by this package it has
 * the stack of the handler at the end of its own, whatever language that is written in.
 */
export class HmsError extends Error {
  /** One of {@link Code}. */
  readonly code: Code
  /** The component that failed, such as `demo.units.convert`; empty when not known. */
  readonly source: string
  /** Further details. */
  readonly details: Readonly<Record<string, string>>
  /** The stack of the handler that failed, as its language prints it; empty when there is none. It is part of `stack`. */
  declare readonly handlerStack: string
  /** The id of the schema of its data; undefined when it has none, or none that can be read. */
  declare readonly schema: string | undefined
  /** Its data. */
  declare readonly data: unknown

  constructor(code: Code, message: string, options: HmsErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    if (!Number.isInteger(code) || code < 1 || code > 16) {
      throw new RangeError(`code ${code} is not one of an error: 1 (CANCELLED) to 16 (UNAUTHENTICATED)`)
    }
    this.code = code
    this.source = options.source ?? ''
    this.details = options.details ?? {}
    if (options.schema !== undefined) {
      this.schema = options.schema
      this.data = options.data
    }
    this.setHandlerStack('')
  }

  /** The name of the code, such as `NOT_FOUND`. */
  get codeName(): string {
    return codeName(this.code)
  }

  /** Code and message, such as `NOT_FOUND (5): no service 'gret'`. */
  override toString(): string {
    return `${this.codeName} (${this.code}): ${this.message}`
  }

  private setHandlerStack(stack: string): void {
    // Not enumerable: `stack` shows it already.
    Object.defineProperty(this, 'handlerStack', { value: stack, configurable: true })
    this.restack()
  }

  /** @internal The stack of where the error is passed on: after an `await` that is the only one that leads to the caller. */
  passedOn(): this {
    Error.captureStackTrace(this, this.passedOn)
    this.restack()
    return this
  }

  /** The first line says the code; the handler's stack comes after the caller's. */
  private restack(): void {
    const frames = (this.stack ?? '').indexOf('\n    at ')
    const head = `${this.name}: ${this.toString()}${frames < 0 ? '' : this.stack?.slice(frames)}`
    const tail = this.handlerStack && `\n    --- ${this.source || 'handler'} ---\n${indent(this.handlerStack)}`
    Object.defineProperty(this, 'stack', { value: head + tail, configurable: true, writable: true })
  }

  /** @internal Makes the error for one of the core. */
  static of(
    handle: bigint,
    code: Code,
    message: string,
    source: string,
    handlerStack: string,
    details: string[],
    cause: HmsError | undefined,
    schema: string,
    data: Buffer | undefined,
  ): HmsError {
    const options: HmsErrorOptions = { source, details: pairsToRecord(details) }
    if (cause) options.cause = cause
    const value = data && readable(data)
    if (value !== undefined) Object.assign(options, { schema, data: value })
    const error = new HmsError(code, message, options)
    // Without the frame of this function.
    Error.captureStackTrace(error, HmsError.of)
    error.setHandlerStack(handlerStack)
    handles.set(error, handle)
    released.errors.register(error, handle)
    return error
  }
}

Object.defineProperty(HmsError.prototype, 'name', { value: 'HmsError', configurable: true, writable: true })

/** The core's errors behind errors of this package, for handlers that pass them on. */
const handles = new WeakMap<HmsError, bigint>()

/** @internal The core's error that made this one fail, for the handler's answer. */
export function causeHandle(error: unknown): bigint | undefined {
  for (let seen = 0; error instanceof Error && seen < 16; seen++, error = error.cause) {
    const handle = error instanceof HmsError ? handles.get(error) : undefined
    if (handle !== undefined) return handle
  }
  return undefined
}

/** What a handler threw. */
interface Failure {
  code: Code
  message: string
  stack: string
  details: string[]
  schema?: string | undefined
  data?: unknown
}

/** @internal What a handler threw, as code, message, stack, details and data. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof HmsError) {
    const { code, message } = thrown
    // One that arrived has its data in its details.
    const { schema, data } = handles.has(thrown) ? {} : thrown
    return { code, message, stack: stackOf(thrown), details: recordToPairs(thrown.details), schema, data }
  }
  if (thrown instanceof Error) {
    return { code: Code.Unknown, message: `${thrown.name}: ${thrown.message}`, stack: stackOf(thrown), details: [] }
  }
  return { code: Code.Unknown, message: inspect(thrown), stack: '', details: [] }
}

/** The data of an error; what cannot be read must not hide the error. */
function readable(data: Buffer): unknown {
  try {
    return readCbor(data)
  } catch {
    return undefined
  }
}

/** The handler's own part of a stack: not what a nested call's error has appended (it travels as the cause), nor our frames. */
function stackOf(error: Error): string {
  return String(error.stack ?? '').split(/\n {4}--- |\n {4}at AsyncLocalStorage\.run .*\n {4}at serving /, 1)[0] as string
}

function indent(stack: string): string {
  return stack.trimEnd().replaceAll(/^/gm, '    ')
}

/** @internal */
export function pairsToRecord(pairs: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {}
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    Object.defineProperty(record, pairs[index] as string, {
      value: pairs[index + 1],
      configurable: true,
      enumerable: true,
      writable: true,
    })
  }
  return record
}

/** @internal */
export function recordToPairs(record: Readonly<Record<string, string>>): string[] {
  return Object.entries(record).flat()
}
