import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = [...readme.matchAll(/```js\n(.*?)```\n(?:\n```text\n(.*?)```\n)?/gs)]

test('the README has examples', () => assert.ok(examples.length >= 5))

for (const [, program, output] of examples) {
  const title = readme.slice(0, readme.indexOf(program)).match(/^## .*$/gm).at(-1).slice(3)
  test(`README: ${title}: prints what it says`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: new URL('..', import.meta.url),
      encoding: 'utf8',
      timeout: 20_000,
    })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, output)
  })
}
