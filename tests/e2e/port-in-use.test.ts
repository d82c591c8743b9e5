import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { removeDir, run, tempDir } from '../program.ts'

it('a start on a port that is taken says what would do, and the tokens are shown by the start that succeeds', async () => {
  const data = tempDir()
  const other = createServer()
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
  const { port } = other.address() as { port: number }
  try {
    const args = ['live', '--plain', '--data', data, '--sandbox', 'node', '--strategies', 'market', '--scripted', '1', '--for', '1s']
    const refused = await run([...args, '--port', String(port)])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toBe(
      `syntropism: port ${port} of 127.0.0.1 cannot be opened: another program has it; choose another with --port, or take a free one with --port 0\n`,
    )
    const tokens = /^Token of the (\w+)/gm
    expect((await run([...args, '--port', '0'])).stdout.match(tokens)).toEqual(['Token of the operator', 'Token of the observer', 'Token of the human'])
    expect((await run([...args, '--port', '0'])).stdout.match(tokens)).toBeNull()
  } finally {
    other.close()
    removeDir(data)
  }
})
