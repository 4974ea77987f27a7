// What the tests share.

import { spawnSync } from 'node:child_process'

import { createClient, createServer, loadComponent } from 'hmsffi'

/** The component in C. */
export const PEER = process.env.HMSFFI_TEST_PEER

let loaded = false

/** Bound methods of a service of the component. */
export async function peer(service = 'peer') {
  if (!loaded) loadComponent(PEER)
  loaded = true
  return createClient().getService(service)
}

/** Serves methods as service `id` while `use` runs. */
export async function served(id, methods, use) {
  const server = createServer({ name: 'test' })
  try {
    server.registerService({ id, methods })
    await server.start()
    return await use(await createClient().getService(id), server)
  } finally {
    await server.close()
  }
}

/** What a promise fails with. */
export async function failure(promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

/** What a function throws. */
export function thrown(run) {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}

/** Waits until something holds. */
export async function until(holds, timeout = 10_000) {
  const deadline = performance.now() + timeout
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeout} ms: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Runs a program of its own: how it ended, and what it printed. */
export function run(program, { timeout = 20_000, env = {} } = {}) {
  const source = `import * as hmsffi from 'hmsffi'\n${program}`
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    cwd: new URL('..', import.meta.url),
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout,
  })
  return { status, signal, stdout, stderr }
}
