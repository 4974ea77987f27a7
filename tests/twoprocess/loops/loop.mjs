// Two calls of another process on Node's main thread: the second is answered while the first waits.
import { readdirSync, readFileSync } from 'node:fs'
import { Code, createClient } from '../../../bindings/node/dist/index.mjs'

const relay = await createClient().getService(`relay.${process.argv[2]}`)
const cancelling = new AbortController()
let isDone = false
const waiting = relay.call('relay', Buffer.from('wait'), { signal: cancelling.signal }).finally(() => (isDone = true))
const answer = await relay.call('relay', Buffer.from('nap>hello'))
if (isDone) throw new Error('the first call did not wait')
console.log(answer.toString())
cancelling.abort()
await waiting.catch((error) => console.log(error.code === Code.Cancelled ? 'cancelled' : error))
const threads = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim())
console.log(threads.includes('hms-answers') ? 'True' : 'False')
