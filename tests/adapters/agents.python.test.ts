import { cpSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { startFakeUpstream } from '../llm/upstream.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { TOKENS_OF_AN_ANSWER, startScriptedModel } from './scripted-model.ts'

const parts = resolve(import.meta.dirname, '../../.parts')
/** Virtual environments with the libraries of others, as `scripts/parts.sh agents langgraph` makes them; the variables name others. */
const AGENTS_VENV = process.env.SYNTROPISM_AGENTS_VENV ?? join(parts, 'agents')
const LANGGRAPH_VENV = process.env.SYNTROPISM_LANGGRAPH_VENV ?? join(parts, 'langgraph')

/** Longest window, and longest test: loading these libraries takes seconds of a whole core, and the core may be shared. */
const LONG_MS = 600_000

/** What a program left, and what the economy knows of it. */
interface Lived {
  readonly outcome: unknown
  readonly spend: { readonly calls: number; readonly cost_micro_usd: number; readonly name: string }[]
  readonly tools: { readonly result: string; readonly tool_name: string }[]
  readonly spans: { readonly kind: string; readonly name: string; readonly trace_id: string }[]
}

/** A folder whose program is somebody else's; only its manifest is of this economy. */
function agentIn(folder: string, program: string, venv: string): string {
  const dir = join(folder, 'brought')
  cpSync(join(import.meta.dirname, program), dir, { recursive: true })
  const bundle = { cpu_millicores: 900, llm_micro_usd_per_minute: 500_000, memory_mb: 500 }
  const standing_bid = { bundle, duration_ms: LONG_MS, limit_micro: 9_000_000_000, margin_ppm: 250_000, pause_ms: 3_600_000 }
  const command = [join(venv, 'bin/python'), '-m', 'syntropism.run', 'main.py']
  writeFileSync(join(dir, 'agent.json'), JSON.stringify({ command, name: 'brought', standing_bid, start_credits_micro: 10_000_000_000 }))
  return dir
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}
/** The spans of a file of OTLP JSON lines. */
function spansIn(file: string): Lived['spans'] {
  interface Line {
    readonly resourceSpans: {
      readonly scopeSpans: { readonly spans: { readonly attributes: Attribute[]; readonly name: string; readonly traceId: string }[] }[]
    }[]
  }
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  const spans = lines.flatMap((line) => (JSON.parse(line) as Line).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
  const kindOf = (attributes: readonly Attribute[]): string => attributes.find(({ key }) => key === 'openinference.span.kind')?.value.stringValue ?? ''
  return spans.map(({ attributes, name, traceId }) => ({ kind: kindOf(attributes), name, trace_id: traceId }))
}

/** One window of a program of others, in a sandbox, with nothing but its environment. */
async function live(program: string, venvPath: string, base_url: string): Promise<Lived> {
  const folder = tempDir()
  const venv = realpathSync(venvPath)
  const llm = {
    models: { plain: { output_tokens_max: 50, price: { input: 1, output: 1 }, upstreams: [{ model: 'plain', upstream: 'fake' }] } },
    upstreams: [{ base_url, id: 'fake' }],
    usd_per_minute: 1,
  }
  const data = join(folder, 'data')
  const telemetry = { file: join(folder, 'spans.jsonl') }
  const agents = [agentIn(folder, program, venv)]
  const config = { agents, cpu_millicores: 1000, data, llm, memory_mb: 512, port: 0, sandbox_read_only: [venv], telemetry }
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify(config))
  const service = start(['live', '--json', '--sandbox', 'bubblewrap'], {}, folder)
  const ended = finish(service)
  try {
    const watch = new Watch(service)
    const terminated = await watch.find((line) => line.type === 'execution_terminated')
    expect(terminated.data, String((terminated.data as { detail: string }).detail)).toMatchObject({ cause: 'completed', exit_code: 0 })
    const spend = JSON.parse((await run(['spend', '--by', 'agent', '--data', data, '--json'])).stdout) as { rows: Lived['spend'] }
    service.kill('SIGTERM')
    await ended
    return {
      outcome: JSON.parse(readFileSync(join(data, 'agents', 'workspaces', 'brought', 'outcome.json'), 'utf8')),
      spans: spansIn(telemetry.file),
      spend: spend.rows,
      tools: watch.seen.filter(({ type }) => type === 'tool_call_completed').map(({ data: told }) => told as Lived['tools'][number]),
    }
  } finally {
    service.kill('SIGTERM')
    await ended
    removeDir(folder)
  }
}

it(
  'a program on OpenAI’s Agents SDK, with an MCP server beside it, runs unchanged as an agent in a sandbox, and its calls are booked',
  async () => {
    const upstream = await startFakeUpstream()
    try {
      const { outcome, spend } = await live('openai-agents', AGENTS_VENV, upstream.url)
      expect(outcome).toEqual({ answer: 'Hi', can_bid: true, market: 'highest-bid' })
      expect(spend).toMatchObject([{ calls: 1, cost_micro_usd: upstream.reported.input + upstream.reported.output, name: 'brought' }])
    } finally {
      await upstream.close()
    }
  },
  LONG_MS,
)

it(
  'a program on LangGraph that gives its model the service’s tools runs unchanged: what it thinks is booked, what it does is done, both are spans of its window',
  async () => {
    const bid = { amount_micro: 5_000_000, bundle: { cpu_millicores: 250, memory_mb: 128 }, duration_ms: 1000 }
    const model = await startScriptedModel([
      { arguments: {}, name: 'economic_get_balance' },
      { arguments: bid, name: 'market_bid' },
    ])
    try {
      const { outcome, spans, spend, tools } = await live('langgraph', LANGGRAPH_VENV, model.url)
      expect(model.refused).toEqual([])
      expect(outcome).toMatchObject({ answer: 'done', tools: expect.arrayContaining(['economic_get_balance', 'market_bid']) as string[] })
      const results = model.asked.at(-1)?.messages.filter(({ role }) => role === 'tool') ?? []
      expect(JSON.stringify(results[0]?.content)).toContain('balance_micro')
      expect(JSON.stringify(results[1]?.content)).toContain('bid_id')
      const calls = model.asked.length
      expect(spend).toMatchObject([{ calls, cost_micro_usd: calls * TOKENS_OF_AN_ANSWER, name: 'brought' }])
      expect(tools).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ result: 'success', tool_name: 'economic.get_balance' }),
          expect.objectContaining({ result: 'success', tool_name: 'market.bid' }),
        ]),
      )
      const own = spans.find(({ kind, name }) => kind === 'AGENT' && name === 'brought')?.trace_id
      const kinds = spans.filter(({ trace_id }) => trace_id === own)
      expect(kinds.filter(({ kind }) => kind === 'LLM')).toHaveLength(calls)
      for (const name of ['economic.get_balance', 'market.bid']) expect(kinds.filter((one) => one.kind === 'TOOL' && one.name === name)).toHaveLength(1)
    } finally {
      await model.close()
    }
  },
  LONG_MS,
)
