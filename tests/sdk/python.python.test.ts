import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { openApiDocument } from '../../scripts/openapi.ts'
import { agentOperations } from '../../scripts/sdk/operations.ts'
import { METHODS, snake } from '../../scripts/sdk/methods.ts'
import { startFakeUpstream } from '../llm/upstream.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { EVERYTHING } from '../tools/world.ts'
import { mismatches } from './conformance.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PYTHON_ROOT = join(ROOT, 'sdk-python')
/** mypy as `scripts/parts.sh mypy` installs it; `SYNTROPISM_MYPY` names another. */
const MYPY = process.env.SYNTROPISM_MYPY ?? join(ROOT, '.parts/mypy/bin/mypy')
const execute = promisify(execFile)

it('the Python client is typed throughout, by the strictest rules of mypy', async () => {
  const { stdout } = await execute(MYPY, ['--strict', '--cache-dir', '/dev/null', 'src', 'tests', '../tests/sdk/agent/main.py'], { cwd: PYTHON_ROOT })
  expect(stdout).toMatch(/^Success: no issues found in \d+ source files/)
})

it('the Python client passes its own tests', async () => {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: join(PYTHON_ROOT, 'src') }
  const { stderr } = await execute('python3', ['-m', 'unittest', 'discover', '-s', 'tests'], { cwd: PYTHON_ROOT, env })
  expect(stderr).toMatch(/Ran 9 tests[\s\S]*OK/)
})

it('the Python template is typed, passes its own tests and is ready in a simulated economy, inside a sandbox', async () => {
  const folder = tempDir()
  try {
    expect((await finish(start(['init', 'agent', 'pythonic', '--template', 'python'], {}, folder))).code).toBe(0)
    const cwd = join(folder, 'pythonic')
    const typed = await execute(MYPY, ['--strict', '--cache-dir', '/dev/null', '.'], { cwd, env: { ...process.env, MYPYPATH: join(PYTHON_ROOT, 'src') } })
    expect(typed.stdout).toMatch(/^Success/)
    expect((await execute('python3', ['-B', '-m', 'unittest'], { cwd })).stderr).toMatch(/Ran 2 tests[\s\S]*OK/)
    const tested = await run(['agent', 'test', cwd, '--sandbox', 'bubblewrap', '--windows', '3', '--json'])
    expect([tested.code, tested.stderr]).toEqual([0, ''])
    expect(JSON.parse(tested.stdout)).toMatchObject({ errors: [], prompts: { filed: 3, scored: 3 }, verdict: 'ready' })
  } finally {
    removeDir(folder)
  }
})

interface Outcome {
  readonly answers: Readonly<Record<string, unknown>>
  readonly awaited: object
  readonly refused: Readonly<Record<string, string>>
  readonly traceparent: string
}

/** What the agent that calls everything kept in its workspace. */
async function liveOutcome(folder: string): Promise<{ events: Record<string, unknown>[]; outcome: Outcome }> {
  const data = join(folder, 'data')
  const upstream = await startFakeUpstream()
  const llm = {
    models: { small: { output_tokens_max: 50, price: { input: 1, output: 1 }, upstreams: [{ model: 'plain', upstream: 'fake' }] } },
    upstreams: [{ base_url: upstream.url, id: 'fake' }],
    usd_per_minute: 1,
  }
  const agents = [join(import.meta.dirname, 'agent'), join(ROOT, 'agents/provider')]
  const telemetry = { file: join(folder, 'spans.jsonl') }
  writeFileSync(
    join(folder, 'syntropism.config.json'),
    JSON.stringify({ agents, cpu_millicores: 900, data, llm, memory_mb: 512, port: 0, telemetry, tools: { servers: [EVERYTHING] } }),
  )
  const live = start(['live', '--json', '--sandbox', 'bubblewrap'], {}, folder)
  const ended = finish(live)
  try {
    const watch = new Watch(live)
    const file = join(data, 'agents', 'workspaces', 'caller', 'outcome.json')
    for (let windows = 1; !existsSync(file); windows++) {
      await watch.find(() => watch.seen.filter((line) => line.type === 'execution_terminated' && line.agent_id === 'caller').length >= windows)
      if (windows > 20) throw new Error(`no outcome: ${JSON.stringify(watch.seen.filter((line) => line.type === 'execution_terminated').slice(-2))}`)
    }
    return { events: watch.seen, outcome: JSON.parse(readFileSync(file, 'utf8')) as Outcome }
  } finally {
    live.kill('SIGTERM')
    await ended
    await upstream.close()
  }
}

it('every method of the Python client is answered by a live economy as the document says, inside a sandbox', async () => {
  const folder = tempDir()
  try {
    const document = await openApiDocument()
    const { outcome } = await liveOutcome(folder)
    expect(outcome.refused).toEqual({ bus_credentials: 'resource_not_offered', respond: 'invocation_unknown' })
    expect(outcome.awaited).toEqual({ agent_id: 'caller', resources: 4, seq_is_int: true })
    expect(outcome.traceparent).toMatch(/^00-[0-9a-f]{32}-/)
    for (const { answer, id } of agentOperations(document)) {
      const method = METHODS[id]
      const name = snake(method?.name ?? id)
      if (name in outcome.refused) continue
      const value = outcome.answers[name]
      expect(value, `${name} was not called`).toBeDefined()
      if (method?.list === undefined) expect(mismatches(value, answer, document, name)).toEqual([])
      else {
        expect((value as unknown[]).length, `${name} is empty`).toBeGreaterThanOrEqual(['prices', 'inbox'].includes(name) ? 0 : 1)
        const item = (answer.properties ?? document.components.schemas[(answer.$ref ?? '').split('/').pop() ?? '']?.properties)?.[method.list] ?? {}
        expect(mismatches(value, item, document, name)).toEqual([])
      }
    }
  } finally {
    removeDir(folder)
  }
})
