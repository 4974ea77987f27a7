/** What concerns the whole process. */

import { resolve } from 'node:path'

import { native, type Introspection } from './native.js'

export type { Introspection }

/** The version of the library, such as `0.1.0`. */
export const version: string = native.version

/** 32 hexadecimal digits, the same for everything in this process that shares this copy of the library. */
export function instanceId(): string {
  return native.instanceId().toString('hex')
}

/**
 * Loads a component: a shared library, written in any language, that registers services of its own. It is never unloaded;
 * loading it again does nothing.
 * @param path of the file; relative to the working folder.
 * @throws HmsError NOT_FOUND when there is no such file, INVALID_ARGUMENT when it is no component, FAILED_PRECONDITION when it
 * needs another version or would be a second Go runtime, else what its start threw.
 */
export function loadComponent(path: string): void {
  native.loadComponent(resolve(path))
}

/** Counts what lives in this process, for tests that look for leaks. */
export function introspect(): Introspection {
  return native.introspect()
}
