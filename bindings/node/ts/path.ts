/** Where in a value something is: `$`, `$.times`, `$.rows[3]["first name"]`. */

import { Code } from './codes.js'
import { HmsError } from './errors.js'
import { quoted } from './values.js'

/** A value, or bytes, that cannot be carried; its path grows on the way out. */
export class Refusal {
  private path = ''

  constructor(readonly what: string) {}

  /** Adds the step that is in front of the path so far. */
  inside(step: string | number): this {
    this.path = describe(step) + this.path
    return this
  }

  toError(): HmsError {
    return new HmsError(Code.InvalidArgument, `$${this.path}: ${this.what}`)
  }
}

function describe(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`
  return /^[A-Za-z_][A-Za-z0-9_]{0,59}$/.test(step) ? `.${step}` : `[${quoted(step)}]`
}

/** More lists and maps inside each other are refused in every language. */
export const DEEPEST = 64
export const TOO_DEEP = `more than ${DEEPEST} lists and maps inside each other`

/** The tag of a Decimal: `HMS` in ASCII. */
export const DECIMAL_TAG = 0x484d53
/** The longest integer, in bytes. */
export const LONGEST_INTEGER = 1024
