import { AgentManifest } from '@syntropism/contract'
import { expect, it } from 'vitest'
import { standingBidOf } from './standing.ts'

const bidOf = (bundle: object): AgentManifest =>
  AgentManifest.parse({
    command: ['node'],
    name: 'a',
    standing_bid: { bundle, duration_ms: 1000, limit_micro: 5, margin_ppm: 0, pause_ms: 0 },
  })
const MACHINE = { cpu_millicores: 1000, llm_micro_usd_per_minute: 3000, memory_mb: 1024 }

it.each([
  ['amounts', { cpu_millicores: 250, llm_micro_usd_per_minute: 1000, memory_mb: 128 }, MACHINE, { cpu: 250_000, llm: 333_334, memory: 125_000 }],
  [
    'more than there is',
    { cpu_millicores: 4000, llm_micro_usd_per_minute: 9000, memory_mb: 128 },
    MACHINE,
    { cpu: 1_000_000, llm: 1_000_000, memory: 125_000 },
  ],
  [
    'LLM spend where none is for sale',
    { cpu_millicores: 250, llm_micro_usd_per_minute: 1000, memory_mb: 128 },
    { ...MACHINE, llm_micro_usd_per_minute: 0 },
    { cpu: 250_000, memory: 125_000 },
  ],
])('a manifest fits itself to the machine: %s', (_name, wanted, machine, shares) => {
  expect(standingBidOf(bidOf(wanted), machine)?.bundle).toEqual(shares)
})

it('an agent that others wake has no standing bid', () => {
  expect(standingBidOf(AgentManifest.parse({ command: ['node'], name: 'a', standing_bid: null }), MACHINE)).toBeNull()
})

it.each([{ llm_micro_usd_per_minute: 5 }, { cpu_millicores: 5 }, { cpu: 5, memory: 5 }, { cpu_millicores: 0, memory_mb: 5 }])(
  'a manifest whose program could not start is refused: %j',
  (bundle) => {
    expect(() => bidOf(bundle)).toThrow(/bundle/)
  },
)
