import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { EconomyEvent } from '@syntropism/contract'
import { CreditFlow, DEFAULT_PARAMS, apply, createState, indicatorsOf } from '@syntropism/economy'
import { expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Metrics } from './index.ts'

const AT = 1_700_000_000_000

it('shows prices, supply, queue, clearing times and ended windows in the text format of Prometheus', async () => {
  const state = createState()
  const bus = createMemoryBus((error) => {
    throw error
  })
  const sink = { event: (event: EconomyEvent) => bus.publish([event]), posting: () => undefined }
  apply(state, { at_ms: AT, economy_id: 'm', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' }, sink)
  const traces = { created: 9, dropped: 2, events_dropped: 0, export_failures: 1, exported: 7, waiting: 0 }
  const upstream = { answers: { 200: 7, 503: 2 }, circuit: 'open' as const, failures: 1, retries: 3, tripped_by: null, upstream_id: 'far' }
  const metrics = new Metrics(
    { indicators: () => indicatorsOf(state, new CreditFlow()), outbox: () => 12, state, traces: () => traces, upstreams: () => [upstream], waiting: () => 3 },
    undefined,
  )
  metrics.follow(bus)
  apply(state, { agent_id: 'a', at_ms: AT, grant_micro: 5_000_000, name: 'a', owner: 'host', type: 'create_agent' }, sink)
  bus.publish([{ data: { cause: 'memory_limit' }, type: 'execution_terminated' } as unknown as EconomyEvent])
  const settled = { corrects: false, cost_micro_usd: 40, finish: 'cancelled', model: 'm', upstream_id: 'far' }
  bus.publish([{ data: settled, type: 'llm_call_settled' } as unknown as EconomyEvent])
  metrics.onTurn({ beats_ms: [2], commands: 1, commit_ms: 0.5, events: 2 })
  const text = await metrics.text()
  for (const line of [
    'syntropism_price_credits_per_second{resource="cpu"} 4',
    'syntropism_credits{kind="circulating"} 5',
    'syntropism_credits{kind="burned"} 0',
    'syntropism_indicator{name="jain"} 1',
    'syntropism_welfare_credits_per_second{kind="bound"} 0',
    'syntropism_queue_commands 3',
    'syntropism_llm_upstream_answers_total{status="503",upstream="far"} 2',
    'syntropism_llm_upstream_failures_total{upstream="far"} 1',
    'syntropism_llm_upstream_retries_total{upstream="far"} 3',
    'syntropism_llm_upstream_circuit_open{upstream="far"} 1',
    'syntropism_llm_upstream_tripped{upstream="far"} 0',
    'syntropism_llm_spend_micro_usd_total{model="m",upstream="far"} 40',
    'syntropism_llm_calls_total{finish="cancelled",model="m",upstream="far"} 1',
    'syntropism_outbox_lag_events 12',
    'syntropism_spans{outcome="dropped"} 2',
    'syntropism_windows_ended_total{cause="memory_limit"} 1',
    'syntropism_events_total{type="agent_created"} 1',
    'syntropism_clearing_duration_seconds_bucket{le="0.003"} 1',
    'syntropism_commit_duration_seconds_count 1',
  ])
    expect(text).toContain(line)
  // Every figure that the dashboard asks for is one that is kept.
  const dashboard = readFileSync(resolve(import.meta.dirname, '../../../../deploy/grafana/syntropism.json'), 'utf8')
  const asked = new Set([...dashboard.matchAll(/syntropism_\w+/g)].map(([name]) => name))
  expect(asked.size).toBeGreaterThan(12)
  for (const name of asked) expect(text, name).toContain(name)
  await metrics.close()
})
