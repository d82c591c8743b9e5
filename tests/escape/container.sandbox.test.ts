import { openContainerDriver } from '@syntropism/runtime'
import { expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'
import { Engine, IMAGE } from '../sandbox/engine.ts'
import { tryAll } from './stage.ts'

it('no program escapes from a container', async () => {
  const folder = tempDir()
  const engine = await Engine.start(folder)
  try {
    const { verdicts } = await tryAll((root) =>
      openContainerDriver({ allow_weak: false, image: IMAGE, library_dir: root, socket_path: engine.socket, state_dir: root }),
    )
    expect(verdicts.length).toBeGreaterThan(20)
    expect(verdicts.filter((one) => !one.held).map((one) => `${one.attempt.name}: ${one.evidence}`)).toEqual([])
  } finally {
    await engine.close()
    removeDir(folder)
  }
})
