/** Schemas: what people write, and what the library takes. */

import { Code } from './codes.js'
import { HmsError } from './errors.js'
import { native } from './native.js'

/**
 * A schema that describes itself as JSON Schema, as those of zod 4.2 and later do: https://standardschema.dev/json-schema
 */
export interface StandardSchema<Input = unknown, Output = unknown> {
  readonly '~standard': {
    readonly vendor: string
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly jsonSchema?: {
      input(options: { target: 'draft-2020-12' }): Record<string, unknown>
      output(options: { target: 'draft-2020-12' }): Record<string, unknown>
    }
  }
}

/**
 * A schema: one of this system such as `{ type: 'STRING' }`, JSON Schema such as `{ type: 'string' }` (types of the first are
 * written large), the JSON of one of them, or one of zod.
 */
export type Schema = StandardSchema | Readonly<Record<string, unknown>> | string

/** What fits a schema, where it says so to TypeScript. */
export type Valid<Given> = Given extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : any
  : any

/** How a schema is written: as one of this system, or as JSON Schema 2020-12. */
export type SchemaForm = 'hms' | 'json-schema'

/** Something that one of two forms cannot say. */
export interface SchemaLoss {
  /** Where: a JSON pointer. */
  path: string
  keyword: string
  reason: string
}

/** A schema in another form, and what was lost. */
export interface ConvertedSchema {
  schema: Record<string, unknown>
  losses: SchemaLoss[]
}

/** How a payload is written: application/cbor, application/json, application/protobuf. */
export type Encoding = 'cbor' | 'json' | 'protobuf'

/** Between which encodings a payload is converted, and how it is written. */
export interface PayloadConversion {
  from: Encoding
  to: Encoding
  /** CBOR in the one form that equal values have: RFC 8949, 4.2.1. */
  deterministic?: boolean
}

/** Something that a schema does not know and an encoding cannot say, or a Decimal in whose place the nearest number is. */
export interface PayloadLoss {
  /** Where: `$.items[3].age`. */
  path: string
  message: string
  code: string
}

/** A payload in another encoding, and what was lost. */
export interface ConvertedPayload {
  payload: Buffer
  losses: PayloadLoss[]
}

/** Something in which two schemas differ. */
export interface SchemaDifference {
  /** Where: `$.items[*].age`. */
  path: string
  /** What, by its name in the schema. */
  aspect: string
  old: string
  new: string
  /** Readers with the new schema refuse some of what is written with the old one. */
  breaksBackward: boolean
  /** Readers with the old schema refuse some of what is written with the new one. */
  breaksForward: boolean
  /** Who must have the new schema before the others. */
  movesFirst: 'reader' | 'writer' | 'both' | null
}

// HMS_SCHEMA_FORM_* of the C ABI.
const FORMS: Readonly<Record<SchemaForm, number>> = { hms: 2, 'json-schema': 3 }

// HMS_CONTENT_TYPE_* of the C ABI.
const ENCODINGS: Readonly<Record<Encoding, number>> = { cbor: 1, protobuf: 2, json: 3 }

/**
 * The same schema in another form. Without `from` it is found out: types of this system are written large.
 * @throws HmsError INVALID_ARGUMENT when it is no schema.
 */
export function convertSchema(schema: Schema, to: SchemaForm, from?: SchemaForm): ConvertedSchema {
  const document = described(schema, 'input', 'the schema')
  const [converted, losses] = native.schemaConvert(text(document), FORMS[from ?? formOf(document)], FORMS[to])
  return { schema: JSON.parse(converted), losses: JSON.parse(losses) }
}

/**
 * The schema of a message that a descriptor describes.
 * @param descriptors a `google.protobuf.FileDescriptorSet` with all that the message's file imports, as `protoc
 * --include_imports --descriptor_set_out` and `buf build` write it
 * @param message its name with its package; without it the only message of the set that is no part of another
 * @throws HmsError INVALID_ARGUMENT when the bytes are no set, or several messages could be meant; NOT_FOUND; UNIMPLEMENTED for
 * groups and files of an edition.
 */
export function schemaOfMessage(descriptors: Uint8Array, message = ''): Record<string, unknown> {
  return JSON.parse(native.schemaOfMessage(descriptors, message))
}

/**
 * The same payload in another encoding, with the defaults that it left out, as a schema tells what is meant. The schema refers to
 * nothing outside of itself; for Protobuf it is an OBJECT whose fields have the label `hms.protobuf.number`. The last 64
 * schemas of up to 64 KiB are kept compiled, and found by their bytes.
 * @throws HmsError INVALID_ARGUMENT when the schema is none, or the payload does not fit it, or cannot be said in the other
 * encoding: the detail `hms.violations` has all that is wrong, as JSON.
 */
export function convertPayload(schema: Schema, payload: Uint8Array, conversion: PayloadConversion): ConvertedPayload {
  const { from, to, deterministic = false } = conversion
  const own = serialized(schema, 'input', 'the schema')
  const [converted, losses] = native.payloadConvert(own, payload, ENCODINGS[from], ENCODINGS[to], deterministic ? 1 : 0)
  return { payload: converted, losses: JSON.parse(losses) }
}

/**
 * What differs between two schemas that refer to nothing outside of themselves; empty when nothing does.
 * @throws HmsError INVALID_ARGUMENT when one of them is no schema.
 */
export function compareSchemas(old: Schema, current: Schema): SchemaDifference[] {
  const [before, after] = [old, current].map((schema) => JSON.stringify(convertSchema(schema, 'hms').schema)) as [string, string]
  const differences = JSON.parse(native.schemaCompare(before, after)) as Record<string, unknown>[]
  return differences.map(({ breaks_backward, breaks_forward, moves_first, ...same }) => ({
    ...(same as Pick<SchemaDifference, 'path' | 'aspect' | 'old' | 'new'>),
    breaksBackward: breaks_backward as boolean,
    breaksForward: breaks_forward as boolean,
    movesFirst: moves_first as SchemaDifference['movesFirst'],
  }))
}

/**
 * A schema as the library takes it; nothing for none. What JSON Schema says that has no counterpart is told as a warning of the
 * process.
 * @param place for messages
 * @internal
 */
export function serialized(schema: Schema | undefined, side: 'input' | 'output', place: string): string {
  if (schema === undefined) return ''
  const document = described(schema, side, place)
  if (formOf(document) === 'hms') return text(document)
  const { schema: converted, losses } = convertSchema(document as Schema, 'hms', 'json-schema')
  for (const { path, keyword, reason } of isStandard(schema) ? losses.filter(isNews) : losses) {
    process.emitWarning(`${place}: ${path || '/'}: ${keyword} is not checked: ${reason}`, 'HmsffiWarning')
  }
  return JSON.stringify(converted)
}

/** Beside a format, zod writes the pattern of it: the type has it. */
function isNews({ keyword }: SchemaLoss): boolean {
  return keyword !== 'pattern' && keyword !== 'format'
}

function isStandard(schema: Schema): schema is StandardSchema {
  return typeof schema !== 'string' && schema !== null && typeof schema['~standard'] === 'object'
}

/** The document that describes a schema. */
function described(schema: Schema, side: 'input' | 'output', place: string): unknown {
  if (typeof schema === 'string') {
    try {
      return JSON.parse(schema)
    } catch {
      return schema
    }
  }
  if (!isStandard(schema)) return schema
  const { vendor, jsonSchema } = schema['~standard']
  if (!jsonSchema) {
    const what = `${place}: this schema of ${vendor} cannot describe itself as JSON Schema`
    throw new HmsError(Code.InvalidArgument, `${what}; take zod 4.2 or later, or give the JSON Schema itself: z.toJSONSchema(schema)`)
  }
  try {
    // What a handler gets is what came: a schema that would make something else of it cannot be kept to.
    jsonSchema.output({ target: 'draft-2020-12' })
    return jsonSchema[side]({ target: 'draft-2020-12' })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new HmsError(Code.InvalidArgument, `${place}: this schema of ${vendor} has no form in JSON Schema: ${why}`, { cause })
  }
}

/** Members of schemas of this system: one without a type is told so, and not taken for a JSON Schema that allows anything. */
const OWN = ['fields', 'one_of', 'ref', 'enum_values', 'value_schema', 'constraints', 'schema_id']

function formOf(document: unknown): SchemaForm {
  if (typeof document !== 'object' || document === null) return 'hms'
  const { type } = document as { type?: unknown }
  const isNamed = typeof type === 'number' || (typeof type === 'string' && /^[A-Z]/.test(type))
  return isNamed || (type === undefined && OWN.some((member) => member in document)) ? 'hms' : 'json-schema'
}

function text(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document)
}
