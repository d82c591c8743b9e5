import { COMMANDS, type Command } from '@syntropism/contract'
import { expect, it } from 'vitest'
import { DEFAULT_PARAMS, apply, assertConserved, createState, forkIntoVirtualTime, freeMicro, restore, snapshot } from '../index.ts'

const T0 = 1_700_000_000_000

/** An executor that reports; `a` has a window that runs, `b` one that its executor never began. */
function world() {
  const state = createState()
  const send = (command: Record<string, unknown> & { type: Command['type'] }) =>
    apply(state, COMMANDS[command.type].parse({ at_ms: state.at_ms || T0, owner: 'test', ...command }) as Command, null)
  send({ economy_id: 'source', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  send({ cpu_millicores: 1000, executor_id: 'x', incarnation: 'i', memory_mb: 2048, reports: true, type: 'register_executor' })
  for (const agent of ['a', 'b']) {
    send({ agent_id: agent, grant_micro: 100_000_000, name: agent, type: 'create_agent' })
    send({ agent_id: agent, amount_micro: 20_000_000, bundle: { cpu: 400_000, memory: 100_000 }, duration_ms: 3000, payer_id: agent, type: 'place_bid' })
  }
  send({ at_ms: T0 + 100, type: 'tick' })
  send({ at_ms: T0 + 200, executor_id: 'x', incarnation: 'i', lease_id: 'lease-1', type: 'start_lease' })
  return state
}

it('a fork into virtual time has a name of its own, and its windows end when their time is over though no executor reports', () => {
  const source = world()
  const fork = restore(snapshot(source))
  forkIntoVirtualTime(fork, 'fork')
  expect([source.economy_id, fork.economy_id, fork.event_id_prefix === source.event_id_prefix]).toEqual(['source', 'fork', false])
  const ended: Record<string, unknown>[] = []
  const tick = (atMs: number) =>
    apply(
      fork,
      { at_ms: atMs, owner: 'test', type: 'tick' },
      { event: (event) => event.type === 'execution_terminated' && ended.push(event.data), posting: () => {} },
    )
  tick(T0 + 3100)
  expect(fork.leases.size).toBe(2)
  tick(T0 + 3200)
  expect(fork.leases.size).toBe(0)
  expect(ended).toMatchObject([{ cause: 'completed' }, { cause: 'completed' }])
  // Nothing was refunded, as it would be where an executor fell silent; what was left is free.
  for (const id of ['a', 'b']) expect(freeMicro(fork, fork.agents.get(id) as never)).toBe(80_000_000)
  assertConserved(fork.ledger)
})
