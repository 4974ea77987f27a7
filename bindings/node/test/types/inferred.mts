// Compiled, not run: what TypeScript knows of handlers and services.

import { createClient, createServer, type AnyMethods } from 'hmsffi'
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
