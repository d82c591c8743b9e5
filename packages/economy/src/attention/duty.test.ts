import { COMMANDS, type Command, type EconomyEvent } from '@syntropism/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PARAMS, apply, assertConserved, capacityOf, createState, restore, snapshot, stateHash } from '../index.ts'

const T0 = 1_700_000_000_000
const HOUR = 3_600_000
const MINUTE = 60_000
const scores = { interesting: 1, understandable: 1, useful: 1 }

function createWorld(cap: number | null = null) {
  const state = createState()
  const events: EconomyEvent[] = []
  const send = (command: Record<string, unknown> & { type: Command['type'] }) => {
    const full = COMMANDS[command.type].parse({ at_ms: state.at_ms || T0, owner: 'test', ...command }) as Command
    return apply(state, full, { event: (event) => events.push(event), posting: () => undefined })
  }
  send({ economy_id: 'test', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  send({ human_id: 'ada', on_duty: true, type: 'set_duty', ...(cap === null ? {} : { judgements_per_hour_max: cap }) })
  for (let index = 0; index < 6; index++) send({ agent_id: `a${index}`, grant_micro: 1_000_000_000, name: 'a', type: 'create_agent' })
  const pass = (ms: number) => send({ at_ms: state.at_ms + ms, type: 'tick' })
  const judge = (type: 'score_prompt' | 'skip_prompt' = 'score_prompt') => {
    const free = [...state.agents.values()].find((agent) => agent.prompt_id === null)
    send({ agent_id: free?.agent_id, amount_micro: 10_000_000, content: {}, type: 'file_prompt' })
    const filed = `prompt-${state.counters.prompt}`
    return send({ human_id: 'ada', prompt_id: filed, type, ...(type === 'score_prompt' ? { scores } : {}) })
  }
  const duties = (): object[] => events.flatMap((event) => (event.type === 'duty_changed' ? [event.data] : []))
  return { duties, events, judge, pass, send, state }
}

describe('a break', () => {
  it('takes the slot away and gives it back by itself, also after a restart in between', () => {
    const { duties, pass, send, state } = createWorld()
    send({ break_ms: 10 * MINUTE, human_id: 'ada', on_duty: false, type: 'set_duty' })
    expect(capacityOf(state).attention).toBe(0)
    expect(duties().at(-1)).toEqual({ back_at_ms: T0 + 10 * MINUTE, human_id: 'ada', humans_on_duty: 0, on_duty: false, reason: 'break' })
    const again = restore(snapshot(state))
    apply(again, { at_ms: T0 + 10 * MINUTE, owner: 'test', type: 'tick' }, null)
    expect(capacityOf(again).attention).toBe(1)
    pass(10 * MINUTE)
    expect(stateHash(state)).toBe(stateHash(again))
    expect(duties().at(-1)).toMatchObject({ on_duty: true, reason: 'break_over' })
  })

  it('that its human ends early or leaves for good does not come back', () => {
    const { pass, send, state } = createWorld()
    send({ break_ms: MINUTE, human_id: 'ada', on_duty: false, type: 'set_duty' })
    send({ human_id: 'ada', on_duty: false, type: 'set_duty' })
    pass(HOUR)
    expect(capacityOf(state).attention).toBe(0)
  })

  it('is no time on duty', () => {
    const { send } = createWorld()
    expect(send({ break_ms: MINUTE, human_id: 'ada', on_duty: true, type: 'set_duty' })).toMatchObject({ ok: false, refusal: { code: 'command_invalid' } })
  })
})

describe('an hourly cap', () => {
  it('counts scores and skips, rests the human at the last one, and refuses more until an hour after the first', () => {
    const { duties, judge, pass, send, state } = createWorld(2)
    judge()
    pass(20 * MINUTE)
    judge('skip_prompt')
    expect(duties().at(-1)).toMatchObject({ back_at_ms: T0 + HOUR, on_duty: false, reason: 'hourly_cap' })
    const minted = state.ledger.rewarded_micro
    expect(judge()).toMatchObject({ ok: false, refusal: { code: 'hourly_cap_reached', detail: { back_at_ms: T0 + HOUR } } })
    expect(judge('skip_prompt')).toMatchObject({ ok: false, refusal: { code: 'hourly_cap_reached' } })
    expect(send({ human_id: 'ada', on_duty: true, type: 'set_duty' })).toMatchObject({ ok: false, refusal: { code: 'hourly_cap_reached' } })
    expect(state.ledger.rewarded_micro).toBe(minted)
    pass(40 * MINUTE)
    expect(state.humans.get('ada')?.on_duty).toBe(true)
    expect(judge().ok).toBe(true)
    expect(judge()).toMatchObject({ ok: false })
  })

  it('is raised, or taken away, by a command of its own', () => {
    const { judge, send } = createWorld(1)
    judge()
    expect(send({ human_id: 'ada', judgements_per_hour_max: 2, on_duty: true, type: 'set_duty' }).ok).toBe(true)
    expect(judge().ok).toBe(true)
    expect(judge().ok).toBe(false)
    expect(send({ human_id: 'ada', judgements_per_hour_max: null, on_duty: true, type: 'set_duty' }).ok).toBe(true)
    expect([judge().ok, judge().ok]).toEqual([true, true])
  })

  it('is passed in no hour, whatever is tried and when', () => {
    fc.assert(
      fc.property(
        fc.integer({ max: 4, min: 1 }),
        fc.array(fc.record({ ms: fc.integer({ max: 30 * MINUTE, min: 0 }), what: fc.constantFrom('score_prompt', 'skip_prompt', 'break', 'duty') })),
        (cap, steps) => {
          const { judge, pass, send, state } = createWorld(cap)
          const times: number[] = []
          for (const { ms, what } of steps) {
            pass(ms)
            if (what === 'duty') send({ human_id: 'ada', on_duty: true, type: 'set_duty' })
            else if (what === 'break') send({ break_ms: 5 * MINUTE, human_id: 'ada', on_duty: false, type: 'set_duty' })
            else if (judge(what as 'score_prompt').ok) times.push(state.at_ms)
            assertConserved(state.ledger)
          }
          for (const [index, atMs] of times.entries()) {
            const earlier = times[index - cap]
            expect(earlier === undefined || earlier <= atMs - HOUR).toBe(true)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
