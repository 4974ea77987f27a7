/** What keeps the process alive: calls and streams that are waited for, and servers that run. */

import { native } from './native.js'

let count = 0

export function holdAlive(): void {
  if (count++ === 0) native.keepAlive(true)
}

export function letGo(): void {
  if (--count === 0) native.keepAlive(false)
}
