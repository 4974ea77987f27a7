/** Memory of the library as `Buffer`s, so that large messages of raw bytes need not be copied. */

import { header, native, type Handle, type TypeOfContent } from './native.js'

/**
 * A `Buffer` that may be the library's own memory. It is released when it is collected; `release()`, or `using`, does it at
 * once, and leaves it empty. May be repeated.
 */
export interface ReleasableBuffer extends Buffer, Disposable {
  release(): void
}

/** What is the library's, by its memory. */
const owners = new WeakMap<ArrayBufferLike, Handle>()

const RELEASABLE: PropertyDescriptorMap = { release: { value: release }, [Symbol.dispose]: { value: release } }

function release(this: Buffer): void {
  const owner = owners.get(this.buffer)
  if (owner === undefined) return
  owners.delete(this.buffer)
  native.release(this, owner)
}

/** The last message, or the last loan, as the addon gave it. */
export function releasable(buffer: Buffer): ReleasableBuffer {
  if (header.owner !== 0n) owners.set(buffer.buffer, header.owner)
  return Object.defineProperties(buffer, RELEASABLE) as ReleasableBuffer
}

/** Answers a call with the first bytes of a loan, which is given away; false = the value is no loan. */
export function replyLoan(
  call: Handle,
  loans: ReadonlySet<ArrayBufferLike> | undefined,
  value: unknown,
  type: TypeOfContent,
  metadata: string[] | undefined,
): boolean {
  if (!loans || !Buffer.isBuffer(value) || value.byteOffset !== 0 || !loans.has(value.buffer)) return false
  const owner = owners.get(value.buffer)
  if (owner === undefined) return false
  owners.delete(value.buffer)
  native.replyLoan(call, value, owner, value.length, type, metadata)
  return true
}
