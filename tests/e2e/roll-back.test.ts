import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'

const MANIFEST = {
  command: ['node', 'main.mjs'],
  name: 'writer',
  standing_bid: { bundle: { cpu_millicores: 500, memory_mb: 128 }, duration_ms: 60_000, limit_micro: 500_000_000, margin_ppm: 100_000, pause_ms: 60_000 },
}

it('a run is a state of the workspace, shown by the command line and the service; the operator alone rolls back', async () => {
  const data = tempDir()
  const agent = tempDir()
  writeFileSync(join(agent, 'agent.json'), JSON.stringify(MANIFEST))
  writeFileSync(join(agent, 'main.mjs'), "import { writeFileSync } from 'node:fs'\nwriteFileSync('note.txt', 'hello')\n")
  const child = start(['live', '--data', data, '--port', '0', '--agents', agent, '--sandbox', 'node', '--json'])
  const ended = finish(child)
  try {
    const watch = new Watch(child)
    const started = await watch.find((line) => line.type === 'started')
    const end = await watch.find((line) => line.type === 'execution_terminated')
    expect((end.data as { sandbox: string }).sandbox).toMatch(/^node-permission(\+cgroup-v[12])?: files, programs/)
    const tokens = Object.fromEntries((started.tokens as { name: string; token: string }[]).map((one) => [one.name, one.token]))
    const history = async (): Promise<{ commit: string; message: string }[]> => {
      const answer = await fetch(`${started.url as string}/workspaces/writer/history`, { headers: { authorization: `Bearer ${tokens.observer}` } })
      return ((await answer.json()) as { commits: { commit: string; message: string }[] }).commits
    }
    let states = await history()
    while (states.length === 0) states = await history()
    expect(states[0]?.message).toMatch(/ completed$/)
    const state = states[0]?.commit ?? ''
    expect((await run(['agent', 'writer', '--data', data])).stdout).toContain(state)
    const refused = await run(['roll-back', 'writer', state, '--data', data], { SYNTROPISM_TOKEN: tokens.observer })
    expect([refused.code === 0, refused.stderr.includes('role_forbidden')]).toEqual([false, true])
    const unknown = await run(['roll-back', 'writer', 'f'.repeat(40), '--data', data], { SYNTROPISM_TOKEN: tokens.operator })
    expect(unknown.stderr).toContain('has no state')
    const done = await run(['roll-back', 'writer', state, '--data', data], { SYNTROPISM_TOKEN: tokens.operator })
    expect([done.code, done.stderr]).toEqual([0, ''])
    expect((await history())[0]?.message).toBe(`rolled back to ${state}`)
  } finally {
    child.kill('SIGTERM')
    await ended
    removeDir(data)
    removeDir(agent)
  }
})
