/** JSON to values. What JavaScript's own parser would change in silence is refused. */

import { Refusal } from './path.js'
import { quoted } from './values.js'

/** Texts, numbers and the marks that open, close and part objects and lists. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[{}[\],:]/g

/** @throws HmsError INVALID_ARGUMENT when the bytes are no JSON that JavaScript can hold. */
export function readJson(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    refuseChanges(text)
    return value
  } catch (error) {
    if (error instanceof Refusal) throw error.toError()
    throw new Refusal(`not JSON: ${(error as Error).message}`).toError()
  }
}

/** `JSON.parse` rounds integers past 2^53 and keeps the last of two equal keys. */
function refuseChanges(text: string): void {
  const open: (Set<string> | undefined)[] = []
  let keyIsNext = false
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined)
      keyIsNext = token === '{'
    } else if (token === '}' || token === ']') {
      open.pop()
      keyIsNext = false
    } else if (token === ',') {
      keyIsNext = open.at(-1) !== undefined
    } else if (token.startsWith('"')) {
      const keys = open.at(-1)
      if (!keyIsNext || !keys) continue
      const key = JSON.parse(token) as string
      if (keys.has(key)) throw new Refusal(`key ${quoted(key)} occurs twice`)
      keys.add(key)
      keyIsNext = false
    } else if (token !== ':' && !/[.eE]/.test(token) && token !== '-0' && !Number.isSafeInteger(Number(token))) {
      throw new Refusal(`integer ${token} is past 2^53, where a number of JSON loses digits here; send CBOR`)
    }
  }
}
