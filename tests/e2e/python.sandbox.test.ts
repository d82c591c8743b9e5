import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, start, tempDir } from '../program.ts'
import { unhurried } from '../unhurried.ts'

it('an agent in plain Python runs under bubblewrap and asks the human', async () => {
  const data = tempDir()
  const agent = unhurried('plain-python')
  const child = start(['live', '--data', data, '--port', '0', '--agents', agent, '--json'])
  const ended = finish(child)
  try {
    const watch = new Watch(child)
    const filed = await watch.find((line) => line.type === 'prompt_filed')
    expect((filed.data as { content: { title: string } }).content.title).toMatch(/× floor$/)
    const terminated = await watch.find((line) => line.type === 'execution_terminated')
    expect(terminated.data).toMatchObject({ cause: 'completed', exit_code: 0 })
  } finally {
    child.kill('SIGTERM')
    await ended
    removeDir(data)
    removeDir(dirname(agent))
  }
})
