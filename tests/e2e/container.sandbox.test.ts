import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { Engine, IMAGE } from '../sandbox/engine.ts'
import { unhurried } from '../unhurried.ts'

it('agents of a live economy run in containers, in Node and in Python, and their receipts say so', async () => {
  const folder = tempDir()
  const engine = await Engine.start(join(folder, 'engine'))
  const env = { DOCKER_HOST: `unix://${engine.socket}`, SYNTROPISM_CONTAINER_IMAGE: IMAGE }
  const agents = ['genesis', 'plain-python'].map((name) => unhurried(name))
  const child = start(['live', '--data', join(folder, 'data'), '--port', '0', '--agents', ...agents, '--sandbox', 'container', '--json'], env)
  const ended = finish(child)
  try {
    const watch = new Watch(child)
    for (const agent_id of ['genesis', 'plain-python']) {
      const filed = await watch.find((line) => line.type === 'prompt_filed' && line.agent_id === agent_id)
      expect(filed.data).toMatchObject({ content: expect.anything() as object })
      const { data } = await watch.find((line) => line.type === 'execution_terminated' && line.agent_id === agent_id)
      expect(data).toMatchObject({ cause: 'completed', exit_code: 0, sandbox: expect.stringMatching(/^container\+cgroup-v[12]\+seccomp/) as string })
    }
    const { stdout } = await run(['doctor', '--data', join(folder, 'other')], env)
    expect(stdout).toContain('container+cgroup')
  } finally {
    child.kill('SIGTERM')
    await ended
    await engine.close()
    for (const path of [folder, ...agents.map(dirname)]) removeDir(path)
  }
})
