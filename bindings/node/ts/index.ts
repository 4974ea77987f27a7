/** Services and calls between languages, in one process. */

export { AuthType, CallStatus, Code, LogLevel, StreamType, TransportType } from './codes.js'
export { HmsError, type HmsErrorOptions } from './errors.js'
export { Encoded } from './encoded.js'
export { DateTime, Decimal, Uuid } from './values.js'
export { Client, ServiceClient, createClient, type ClientOptions, type MethodInfo, type ServiceInfo, type ServiceOptions } from './client.js'
export { BoundMethod, type AsyncCall } from './method.js'
export type { CallOptions, CallReport, SyncCallOptions } from './call-options.js'
export type { ReleasableBuffer } from './memory.js'
export { Call, currentCall, type Metadata } from './context.js'
export type { Handler, StreamHandler } from './handler.js'
export {
  Server,
  createServer,
  type MethodOptions,
  type ServedMethod,
  type ServerOptions,
  type ServiceDefinition,
  type StreamMethodOptions,
} from './server.js'
export type { AnyMethods, DynamicCall } from './dynamic.js'
export {
  compareSchemas,
  convertPayload,
  convertSchema,
  schemaOfMessage,
  type ConvertedPayload,
  type ConvertedSchema,
  type Encoding,
  type PayloadConversion,
  type PayloadLoss,
  type Schema,
  type SchemaDifference,
  type SchemaForm,
  type SchemaLoss,
  type StandardSchema,
  type Valid,
} from './schema.js'
export { ServerStream, Stream } from './stream.js'
export { errorType, type ErrorType, type TypedError, type TypedErrorOptions } from './typed-errors.js'
export { setLogger, type Logger } from './logging.js'
export { instanceId, introspect, loadComponent, version, type Introspection } from './process.js'
