import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, start, tempDir } from '../program.ts'

it('a starter agent turned hostile reads no token and no database, cannot score, fund, or act as another', async () => {
  const data = tempDir()
  const child = start(['live', '--data', data, '--port', '0', '--agents', join(import.meta.dirname, 'hostile'), '--sandbox', 'node', '--json'])
  const ended = finish(child)
  try {
    const trace = await new Watch(child).find((line) => line.type === 'reasoning_trace')
    const tried = JSON.parse((trace.data as { decision: string }).decision) as Record<string, unknown>
    expect(tried).toEqual({
      balance_of_other: 403,
      database: 'ERR_ACCESS_DENIED',
      environ_of_host: 'ERR_ACCESS_DENIED',
      events: 403,
      fund: 403,
      score: 403,
      tokens: 'ERR_ACCESS_DENIED',
      workspaces: 'ERR_ACCESS_DENIED',
    })
  } finally {
    child.kill('SIGTERM')
    await ended
    removeDir(data)
  }
})
