// Time of one clearing beat beside sorting the same bids with the same comparison.
import { performance } from 'node:perf_hooks'
import {
  type Candidate,
  DEFAULT_PARAMS,
  type State,
  allocate,
  apply,
  byHighestBid,
  candidatesOf,
  createState,
  restore,
  snapshot,
  stateHash,
  supplyOf,
} from '@syntropism/economy'
import { machine, median } from './measure.ts'

const T0 = 1_700_000_000_000

/** A book of window bids over 64 executors, with room for about a quarter of them. */
function createBook(bids: number): State {
  const state = createState()
  apply(
    state,
    {
      at_ms: T0,
      economy_id: 'bench',
      owner: 'b',
      params: { ...DEFAULT_PARAMS, agents_max: 1_000_000, program_cpu_ppm_min: 0, program_memory_mb_min: 0, starvation_ms: 0 },
      rules_version: 1,
      type: 'genesis',
    },
    null,
  )
  for (let index = 0; index < 64; index++)
    apply(
      state,
      {
        at_ms: T0,
        cpu_millicores: 1_000_000,
        executor_id: `x${index}`,
        incarnation: 'i',
        memory_mb: 4_000_000,
        owner: 'b',
        reports: false,
        type: 'register_executor',
      },
      null,
    )
  let random = 7
  const draw = (below: number): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0
    return (random >>> 0) % below
  }
  const whole = Math.floor(4_000_000 / bids)
  for (let index = 0; index < bids; index++) {
    const agent_id = `a${index}`
    apply(state, { agent_id, at_ms: T0, grant_micro: 1_000_000_000, name: 'a', owner: 'b', type: 'create_agent' }, null)
    apply(
      state,
      {
        agent_id,
        amount_micro: 50_000_000 + draw(900_000_000),
        at_ms: T0,
        bundle: { cpu: Math.max(1, Math.min(15_000, whole + draw(whole))), memory: Math.max(1, Math.min(15_000, whole + draw(whole))) },
        duration_ms: 1000,
        owner: 'b',
        payer_id: agent_id,
        type: 'place_bid',
      },
      null,
    )
  }
  return state
}

console.log(machine())
console.log('     bids   winners   allocation   sort alone   ratio   whole beat   state after')
for (const bids of [100, 1000, 10_000, 100_000]) {
  const text = snapshot(createBook(bids))
  const rounds = bids >= 100_000 ? 5 : bids >= 10_000 ? 15 : 60
  const sorts: number[] = []
  const allocations: number[] = []
  const beats: number[] = []
  let after = createState()
  let winners = 0
  for (let round = 0; round < rounds; round++) {
    after = restore(text)
    let start = performance.now()
    const candidates = candidatesOf(after)
    const gathered = performance.now() - start
    const copy: Candidate[] = [...candidates]
    start = performance.now()
    copy.sort(byHighestBid)
    sorts.push(performance.now() - start)
    const sorted = performance.now()
    allocate(copy, supplyOf(after), null, T0)
    allocations.push(gathered + (sorts.at(-1) ?? 0) + performance.now() - sorted)
    start = performance.now()
    apply(after, { at_ms: T0 + 100, owner: 'b', type: 'tick' }, null)
    beats.push(performance.now() - start)
    winners = after.leases.size
  }
  const ms = (values: number[]): string => `${median(values).toFixed(2)} ms`
  console.log(
    `${String(bids).padStart(9)} ${String(winners).padStart(9)} ${ms(allocations).padStart(12)} ${ms(sorts).padStart(12)} ${(median(allocations) / median(sorts)).toFixed(2).padStart(7)} ${ms(beats).padStart(12)}   ${stateHash(after).slice(0, 12)}`,
  )
}
