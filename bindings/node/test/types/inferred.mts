// Compiled, not run: what TypeScript knows of handlers and services.

import { Code, HmsError, createClient, createServer, errorType, type AnyMethods } from 'hmsffi'
import { z } from 'zod'

const person = z.object({ name: z.string(), times: z.int().default(1) })
const server = createServer()

server.registerMethod('greet', 'hello', (params) => params.name.repeat(params.times), { inputSchema: person })
// @ts-expect-error there is no such field
server.registerMethod('greet', 'hello', (params) => params.nam, { inputSchema: person })

server.registerService({
  id: 'greet',
  methods: {
    hello: { inputSchema: person, handler: (params) => params.name.repeat(params.times) },
    // @ts-expect-error there is no such field
    wrong: { inputSchema: person, handler: (params) => params.nam },
    // Others say nothing of types.
    json: { inputSchema: { type: 'string' }, handler: (text: string) => text.length },
    own: { inputSchema: { type: 'STRING' }, handler: (params) => params.anything },
    plain: (params: number) => params + 1,
  },
})

const client = createClient()
const plain = await client.getService('greet')
// @ts-expect-error its methods are not known
plain.hello
const any = await client.getService<AnyMethods>('greet')
const greeting: string = await any.hello?.({ name: 'Ada' }, { timeout: 5 })
const typed = await client.getService<{ hello(params: { name: string }): Promise<string> }>('greet')
const length: number = (await typed.hello({ name: greeting })).length
// @ts-expect-error it takes a name
typed.hello({ nam: 'Ada' })
export const all: [number, string] = [length, typed.id]

class OutOfStock extends errorType('OutOfStock', { code: Code.FailedPrecondition, schema: z.object({ left: z.int() }) }) {}
class Closed extends errorType<{ opens: string }>('Closed') {}
server.registerMethod('greet', 'order', () => { throw new OutOfStock('too little', { left: 2 }) }, { errors: [OutOfStock] })
// @ts-expect-error it has other data
new OutOfStock('too little', { right: 2 })
export function told(error: unknown): number | string {
  if (error instanceof OutOfStock) return error.data.left
  if (error instanceof Closed) return error.data.opens
  return error instanceof HmsError ? error.code : 0
}
