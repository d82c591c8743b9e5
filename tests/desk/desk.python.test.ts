import { execFile } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, start, tempDir } from '../program.ts'

const MAIN = resolve(import.meta.dirname, '../../packages/syntropism/src/main.ts')
const standing_bid = { bundle: { cpu_millicores: 300, memory_mb: 96 }, duration_ms: 5000, limit_micro: 100_000_000, margin_ppm: 250_000, pause_ms: 1000 }

function askerIn(folder: string, name: string): string {
  const dir = join(folder, name)
  cpSync(join(import.meta.dirname, 'asker'), dir, { recursive: true })
  writeFileSync(join(dir, 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs'], name, standing_bid }))
  return dir
}

it('the desk on a terminal shows the dearest prompt first, scores it by three digits, skips the next, and leaves the terminal as it was', async () => {
  const folder = tempDir()
  const data = join(folder, 'data')
  const agents = [askerIn(folder, 'poor'), askerIn(folder, 'rich')]
  const live = start(['live', '--data', data, '--port', '0', '--json', '--sandbox', 'node', '--agents', ...agents], { SYNTROPISM_CPU_MILLICORES: '1000' })
  const ended = finish(live)
  try {
    const watch = new Watch(live)
    const started = await watch.find((line) => line.type === 'started')
    const token = (started.tokens as { name: string; token: string }[]).find((one) => one.name.startsWith('human'))?.token
    for (const agent of ['rich', 'poor']) await watch.find((line) => line.type === 'prompt_filed' && line.agent_id === agent)
    const steps = [
      ['Question of rich', '786\r'],
      ['Question of poor', 'k'],
      ['No open prompts.', 'q'],
    ]
    const desk = [process.execPath, '--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', MAIN, 'prompts', '--score', '--data', data]
    const env = { ...process.env, NO_COLOR: '1', SYNTROPISM_TOKEN: token, TERM: 'xterm' }
    const { stdout } = await promisify(execFile)('python3', [join(import.meta.dirname, 'terminal.py'), JSON.stringify(steps), ...desk], { env })
    const { screen, ...rest } = JSON.parse(stdout) as { code: number; left: string[][]; screen: string }
    expect(rest, screen).toEqual({ code: 0, left: [] })
    // Leaves the second screen, and shows the cursor again.
    expect(screen).toContain('\u001B[?1049l')
    const reward = await watch.find((line) => line.type === 'human_reward_issued')
    expect(reward.data).toMatchObject({ agent_id: 'rich', scores: { interesting: 7, understandable: 6, useful: 8 } })
    expect((await watch.find((line) => line.type === 'prompt_ended' && line.agent_id === 'poor')).data).toMatchObject({ reason: 'skipped' })
  } finally {
    live.kill('SIGTERM')
    await ended
    removeDir(folder)
  }
})
