/** Numbers that mean the same in every language. */

/** Error codes. */
export enum Code {
  Ok = 0,
  Cancelled = 1,
  /** The application raised an error without a code of its own. */
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  DataLoss = 15,
  Unauthenticated = 16,
}

/** The name of a code, such as `NOT_FOUND`. */
export function codeName(code: number): string {
  const name = Code[code]
  if (name === undefined) return `CODE_${code}`
  return name === 'Ok' ? 'OK' : name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
}

/** How an asynchronous call stands. */
export enum CallStatus {
  Unspecified = 0,
  Ok = 1,
  InProgress = 2,
  Failed = 3,
  Cancelled = 4,
  Timeout = 5,
}

/** Which sides of a method send many messages. */
export enum StreamType {
  /** Not a streaming method. */
  None = 0,
  /** One request, many answers. */
  Server = 1,
  /** Many requests, one answer. */
  Client = 2,
  /** Many each way. */
  Bidirectional = 3,
}

/** The ways of a call. Those that this version lacks are refused with UNIMPLEMENTED. */
export enum TransportType {
  /** Chosen by the library. */
  Default = 0,
  InProcess = 1,
  SharedMemory = 2,
  LocalSocket = 3,
  Tcp = 4,
  Http = 5,
  Grpc = 6,
  WebSocket = 7,
  MessageQueue = 8,
}

/** How callers say who they are. */
export enum AuthType {
  /** Nothing is demanded. */
  Default = 0,
  None = 1,
  Token = 2,
  Cert = 3,
  Custom = 4,
}

/** How grave a log line is. */
export enum LogLevel {
  Default = 0,
  Debug = 1,
  Info = 2,
  Warning = 3,
  Error = 4,
}

/** The encodings of a payload that have a number. */
export const enum ContentType {
  /** Another one: a text says which. */
  Other = 0,
  Cbor = 1,
  Protobuf = 2,
  Json = 3,
  Bytes = 4,
}
