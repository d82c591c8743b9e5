import { cpSync, existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { startFakeUpstream } from '../llm/upstream.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'

const INSTALLED = resolve(import.meta.dirname, '../../.parts/agents')
/** A virtual environment with OpenAI's Agents SDK, as `scripts/parts.sh agents` makes it; `SYNTROPISM_AGENTS_VENV` names another. */
const VENV = process.env.SYNTROPISM_AGENTS_VENV ?? INSTALLED

/** A folder whose program is somebody else's; only its manifest is of this economy. */
function agentIn(folder: string, venv: string): string {
  const dir = join(folder, 'brought')
  cpSync(join(import.meta.dirname, 'openai-agents'), dir, { recursive: true })
  const bundle = { cpu_millicores: 900, llm_micro_usd_per_minute: 100_000, memory_mb: 400 }
  const standing_bid = { bundle, duration_ms: 60_000, limit_micro: 900_000_000, margin_ppm: 250_000, pause_ms: 3_600_000 }
  const command = [join(venv, 'bin/python'), '-m', 'syntropism.run', 'main.py']
  writeFileSync(join(dir, 'agent.json'), JSON.stringify({ command, name: 'brought', standing_bid, start_credits_micro: 2_000_000_000 }))
  return dir
}

it('a program on OpenAI’s Agents SDK, with an MCP server beside it, runs unchanged as an agent in a sandbox, and its calls are booked', async () => {
  const folder = tempDir()
  const upstream = await startFakeUpstream()
  const venv = realpathSync(VENV)
  const llm = {
    models: { plain: { output_tokens_max: 50, price: { input: 1, output: 1 }, upstreams: [{ model: 'plain', upstream: 'fake' }] } },
    upstreams: [{ base_url: upstream.url, id: 'fake' }],
    usd_per_minute: 1,
  }
  const data = join(folder, 'data')
  const config = { agents: [agentIn(folder, venv)], cpu_millicores: 1000, data, llm, memory_mb: 512, port: 0, sandbox_read_only: [venv] }
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify(config))
  const live = start(['live', '--json', '--sandbox', 'bubblewrap'], {}, folder)
  const ended = finish(live)
  try {
    const terminated = await new Watch(live).find((line) => line.type === 'execution_terminated')
    expect(terminated.data, String((terminated.data as { detail: string }).detail)).toMatchObject({ cause: 'completed', exit_code: 0 })
    const file = join(data, 'agents', 'workspaces', 'brought', 'outcome.json')
    expect(existsSync(file)).toBe(true)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ answer: 'Hi', can_bid: true, market: 'highest-bid' })
    const spend = JSON.parse((await run(['spend', '--by', 'agent', '--data', data, '--json'])).stdout) as { rows: object[] }
    expect(spend.rows).toMatchObject([{ calls: 1, cost_micro_usd: upstream.reported.input + upstream.reported.output, name: 'brought' }])
  } finally {
    live.kill('SIGTERM')
    await ended
    await upstream.close()
    removeDir(folder)
  }
})
