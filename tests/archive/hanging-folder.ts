// Begins to make a folder and never ends: for the test that ends this process from outside.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '@syntropism/runtime'

await makeFolder(process.argv[2] as string, async (folder) => {
  writeFileSync(join(folder, 'half'), 'half')
  process.stdout.write('begun\n')
  await new Promise((done) => setTimeout(done, 600_000))
})
