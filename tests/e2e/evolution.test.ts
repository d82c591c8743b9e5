import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { unhurried } from '../unhurried.ts'

type Data = Readonly<Record<string, unknown>>

it('a rich agent spawns variants of itself and pays their first windows; they buy what it has learnt, and it tries changes of itself', async () => {
  const data = tempDir()
  const files = { 'agent.json': { start_credits_micro: 3_000_000_000 }, 'policy.json': { pause_base_ms: 0 } }
  // The test lasts as long as four windows: shorter ones than elsewhere, yet many times what an agent needs in one.
  const agent = unhurried('genesis', files, { duration_ms: 8_000 })
  const child = start(['live', '--data', data, '--port', '0', '--agents', agent, '--sandbox', 'node', '--json'])
  const ended = finish(child)
  try {
    const watch = new Watch(child)
    const dataOf = async (fits: (type: unknown, data: Data) => boolean): Promise<Data> =>
      (await watch.find((line) => fits(line.type, (line.data ?? {}) as Data))).data as Data
    const spawned = await dataOf((type) => type === 'agent_spawned')
    expect(spawned).toMatchObject({ child_id: 'agent-1', lineage: ['genesis'], parent_id: 'genesis' })
    const policies = JSON.parse(String((spawned.files as Record<string, string>)['policy.json'])) as Record<string, number>
    expect(policies.margin_ppm).toBe(150_000)
    await dataOf((type, { agent_id, payer_id }) => type === 'resources_allocated' && agent_id === 'agent-1' && payer_id === 'genesis')
    const bought = await dataOf((type, { result }) => type === 'service_invoked' && result === 'success')
    expect(bought).toMatchObject({ caller_agent: 'agent-1', provider_agent: 'genesis', service_name: 'market-study' })
    await dataOf((type, { what_worked }) => type === 'reflection' && /learnt [1-9]\d* errors from genesis/.test(String(what_worked)))
    expect(String((await dataOf((type) => type === 'code_change_proposed')).diff)).toMatch(/^@@/)
    expect((await run(['agents', '--data', data])).stdout).toMatch(/agent-1 .*genesis/)
  } finally {
    child.kill('SIGTERM')
    await ended
    removeDir(data)
    removeDir(dirname(agent))
  }
})
