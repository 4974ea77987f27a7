/** Calls whose answer comes later. */

import { setTimeout as sleep } from 'node:timers/promises'

import { holdAlive, letGo } from './alive.js'
import { reporting, tellMetadata, type CallOptions } from './call-options.js'
import { CallStatus, Code } from './codes.js'
import { HmsError } from './errors.js'
import { VIEWS, header, native, on, type CallArguments, type Handle, type Payload, type TypeOfContent } from './native.js'
import { decode } from './payload.js'
import type { ClientOwner } from './released.js'

/** A call that runs. Its id is valid in every language of the process. */
export interface AsyncCall<Result> {
  readonly id: string
  /** The answer; fails as the call does. Can be asked for any number of times. */
  result(): Promise<Result>
  /** Ends the call with CANCELLED; false = it had ended before. */
  cancel(): boolean
  /** How the call stands. NOT_FOUND 5 minutes after its end. */
  status(): CallStatus
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
  options: CallOptions | undefined
  unlisten: (() => void) | undefined
}

const waiting = new Map<number, Waiting>()
let lastTag = 0

on.settled = (tag, payload, error, metadata) => {
  const entry = waiting.get(tag)
  if (!entry) return
  waiting.delete(tag)
  letGo()
  entry.unlisten?.()
  if (payload === undefined) return entry.reject(withReason(error, entry.options?.signal))
  try {
    const value = decode(payload, entry.options?.view)
    tellMetadata(entry.options, metadata)
    entry.resolve(value)
  } catch (failure) {
    entry.reject(failure)
  }
}

/** The reason of the signal is the cause of the cancellation. */
function withReason(error: HmsError | undefined, signal: AbortSignal | undefined): HmsError | undefined {
  if (!error || error.code !== Code.Cancelled || !signal?.aborted) return error
  return new HmsError(Code.Cancelled, error.message, { source: error.source, details: error.details, cause: signal.reason })
}

/** Starts a call. The message is taken at once; the id is in the header when it is wanted. */
export function submit(
  owner: ClientOwner,
  method: Handle,
  payload: Payload,
  type: TypeOfContent,
  call: CallArguments,
  options: CallOptions | undefined,
  wantsId: boolean,
): Promise<unknown> {
  const signal = options?.signal
  if (signal?.aborted) {
    throw new HmsError(Code.Cancelled, 'the call was cancelled before it began', { cause: signal.reason })
  }
  const tag = ++lastTag + (options?.view ? VIEWS : 0)
  const wants = wantsId || signal !== undefined
  const [parent, timeoutNs = 0, metadata, transport = 0, forbidden = 0, flags = 0] = call
  reporting(options, () =>
    native.submit(method, tag, payload, type, parent, timeoutNs, metadata, transport, forbidden, flags, wants),
  )
  holdAlive()
  return new Promise((resolve, reject) => {
    const entry: Waiting = { resolve, reject, options, unlisten: undefined }
    waiting.set(tag, entry)
    if (signal) {
      const id = header.id
      const cancel = () => cancelCall(owner, id)
      signal.addEventListener('abort', cancel, { once: true })
      entry.unlisten = () => signal.removeEventListener('abort', cancel)
    }
  })
}

function cancelCall(owner: ClientOwner, id: string): boolean {
  return native.asyncCancel(owner.handle, id)
}

/** A call that was just submitted here. */
export class SubmittedCall<Result> implements AsyncCall<Result> {
  readonly id = header.id

  constructor(
    private readonly owner: ClientOwner,
    private readonly answer: Promise<Result>,
  ) {
    // Whoever never asks for the result need not hear of its failure.
    answer.catch(() => {})
  }

  result(): Promise<Result> {
    return this.answer
  }

  cancel(): boolean {
    return cancelCall(this.owner, this.id)
  }

  status(): CallStatus {
    return native.asyncStatus(this.owner.handle, this.id)
  }
}

/** A call that was submitted elsewhere, known by its id. */
export class FoundCall<Result> implements AsyncCall<Result> {
  constructor(
    private readonly owner: ClientOwner,
    readonly id: string,
  ) {}

  async result(): Promise<Result> {
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      const payload = native.asyncResult(this.owner.handle, this.id)
      if (payload !== undefined) return decode(payload) as Result
      await sleep(pause)
    }
  }

  cancel(): boolean {
    return cancelCall(this.owner, this.id)
  }

  status(): CallStatus {
    return native.asyncStatus(this.owner.handle, this.id)
  }
}
