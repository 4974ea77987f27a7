// Runs the tests: first the component in C that they call is built.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(dirname(fileURLToPath(import.meta.url)))
const root = resolve(here, '../..')
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
const library = process.env.HMSFFI_LIB_DIR ?? join(target, 'stage/lib')
const folder = join(target, 'node-test')

mkdirSync(folder, { recursive: true })
const peer = join(folder, 'peer.so')
const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-O2', '-shared', '-fPIC', '-pthread']
const source = join(here, 'test/peer.c')
execFileSync(process.env.CC ?? 'cc', [...flags, '-I', join(root, 'include'), source, '-o', peer, '-L', library, '-lhmsffi'], {
  stdio: 'inherit',
})

const chosen = process.argv.slice(2)
const files = chosen.length ? chosen : readdirSync(join(here, 'test')).filter((name) => name.endsWith('.test.mjs'))
const tests = files.map((name) => join('test', name))
const options = ['--test', '--test-concurrency=1', '--expose-gc', ...tests]
const { status } = spawnSync(process.execPath, options, {
  cwd: here,
  env: { ...process.env, HMSFFI_TEST_PEER: peer },
  stdio: 'inherit',
})
process.exit(status ?? 1)
