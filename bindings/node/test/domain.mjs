// A domain of this test's own. To be imported before the package, which looks for its domain when it is loaded.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'hms-'))
process.env.XDG_RUNTIME_DIR = folder
process.env.HMSFFI_DOMAIN = 'test'
process.on('exit', () => {
  for (let left = 100; ; left--) {
    try {
      return rmSync(folder, { recursive: true, force: true })
    } catch (error) {
      // The library looks after its directory until the process has ended.
      if (error.code !== 'ENOTEMPTY' || left === 0) throw error
    }
  }
})
