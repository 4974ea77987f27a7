/** Classes of errors with data. */

import { Code } from './codes.js'
import { HmsError, type HmsErrorOptions } from './errors.js'
import { serialized, type Schema, type Valid } from './schema.js'

/** An error with data of this type. */
export type TypedError<Data> = HmsError & { readonly schema: string; readonly data: Data }

/** Options of an error with data. */
export interface TypedErrorOptions extends Omit<HmsErrorOptions, 'schema' | 'data'> {
  /** That of its class when it is not given. */
  code?: Code
}

/** A class of errors with data. */
export interface ErrorType<Data = any> {
  readonly name: string
  new (message: string, data: Data, options?: TypedErrorOptions): TypedError<Data>
  /** The id of the schema of the data, which says of which class an error is. */
  readonly schemaId: string
  /** The schema of the data, for {@link MethodOptions.errors}. */
  readonly schema: Schema | undefined
}

/**
 * A class of errors with data, to be extended: what a handler throws, and what a caller catches.
 *
 * ```ts
 * class OutOfStock extends errorType('OutOfStock', { code: Code.FailedPrecondition, schema: z.object({ left: z.int() }) }) {}
 * ```
 *
 * A handler throws `new OutOfStock('only 2 are left', { left: 2 })`. What arrives at a caller is an {@link HmsError} whose
 * `schema` says what it is, and that is what `error instanceof OutOfStock` asks.
 * @param schemaId the id of the schema of the data, by which errors travel.
 * @param options `code`: that of its errors, UNKNOWN when it is not given. `schema`: that of the data, which methods with these
 * errors have; callers need none.
 */
export function errorType<Given extends Schema>(
  schemaId: string,
  options: { code?: Code; schema: Given },
): ErrorType<Valid<Given>>
export function errorType<Data = any>(schemaId: string, options?: { code?: Code }): ErrorType<Data>
export function errorType(schemaId: string, options: { code?: Code; schema?: Schema } = {}): ErrorType {
  const { code: usual = Code.Unknown, schema } = options
  return class extends HmsError {
    static readonly schemaId = schemaId
    static readonly schema = schema

    declare readonly schema: string

    constructor(message: string, data: unknown, { code = usual, ...more }: TypedErrorOptions = {}) {
      super(code, message, { ...more, schema: schemaId, data })
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof HmsError && value.schema === schemaId
    }
  }
}

/**
 * The schema of a class of errors as the library takes it.
 * @param place for messages
 * @internal
 */
export function schemaOf({ schemaId, schema, name }: ErrorType, place: string): string {
  const what = `error ${name} ${place}`
  if (schema === undefined) {
    throw new HmsError(Code.InvalidArgument, `${what}: the class has no schema; give errorType one`)
  }
  const document = serialized(schema, 'output', what)
  const { schema_id: own } = JSON.parse(document) as { schema_id?: string }
  // It may refer to itself.
  const renamed = JSON.parse(document, (key, value) => (key === 'ref' && value === own ? schemaId : value))
  return JSON.stringify({ ...renamed, schema_id: schemaId })
}
