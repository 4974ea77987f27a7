// Builds the package in place: the addon, the library beside it, and the JavaScript. `make stage` comes first.

import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(dirname(fileURLToPath(import.meta.url)))
const root = resolve(here, '../..')
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
const library = process.env.HMSFFI_LIB_DIR ?? join(target, 'stage/lib')

const core = join(library, 'libhmsffi.so.0')
if (!existsSync(core)) {
  console.error(`${core} is not there: run 'make stage' first`)
  process.exit(1)
}

const environment = { ...process.env, CARGO_TARGET_DIR: target, HMSFFI_LIB_DIR: library }
run('cargo', 'build', '--release', '--manifest-path', join(root, 'extensions/Cargo.toml'), '-p', 'hmsffi-node')
put(join(target, 'release/libhmsffi_node.so'), 'hmsffi.node')
put(core, 'libhmsffi.so.0')
run(process.execPath, join(here, 'node_modules/typescript/bin/tsc'), '-p', here)

function run(command, ...parameters) {
  execFileSync(command, parameters, { cwd: here, env: environment, stdio: 'inherit' })
}

/** Replaces a file that processes may have open, and leaves one alone that is the same. */
function put(from, name) {
  const to = join(here, name)
  if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) return
  copyFileSync(from, `${to}.new`)
  renameSync(`${to}.new`, to)
}
