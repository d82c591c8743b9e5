import type { CommandOf, EventData, Refusal } from '@syntropism/contract'
import { meterSold } from '../leases/index.ts'
import { type Human, type State, type Step, addDeadline, emit, refuse } from '../state/index.ts'

const MS_PER_HOUR = 3_600_000

/** Judgements of the hour that ends now, oldest first. */
const judgedWithinHour = (state: State, human: Human | undefined): readonly number[] =>
  (human?.judged_at_ms ?? []).filter((atMs) => atMs > state.at_ms - MS_PER_HOUR)

/** Until when a human has given all the attention that a cap allows; null while there is some left. Any hour counts, not the one of the clock. */
function cappedUntilMs(state: State, human: Human | undefined, cap: number | null): number | null {
  if (cap === null) return null
  const judged = judgedWithinHour(state, human)
  return judged.length < cap ? null : (judged[judged.length - cap] as number) + MS_PER_HOUR
}

const refuseCapped = (cap: number | null, untilMs: number): Refusal => refuse('hourly_cap_reached', { back_at_ms: untilMs, judgements_per_hour_max: cap ?? 0 })

/** Whether a human's cap leaves room for one more judgement. */
export function checkCap(state: State, human: Human): Refusal | null {
  const cap = human.judgements_per_hour_max ?? null
  const until = cappedUntilMs(state, human, cap)
  return until === null ? null : refuseCapped(cap, until)
}

export function checkDuty(state: State, command: CommandOf<'set_duty'>): Refusal | null {
  if (command.on_duty && command.break_ms !== undefined)
    return refuse('command_invalid', { expected: 'a break, or on_duty: true; not both', field: 'break_ms' })
  const human = state.humans.get(command.human_id)
  const cap = command.judgements_per_hour_max === undefined ? (human?.judgements_per_hour_max ?? null) : command.judgements_per_hour_max
  const until = command.on_duty ? cappedUntilMs(state, human, cap) : null
  return until === null ? null : refuseCapped(cap, until)
}

/** A human comes on duty or leaves, for good or for a break: one slot more or fewer. */
export function setDuty(step: Step, command: CommandOf<'set_duty'>): void {
  const { break_ms: breakMs, human_id: humanId, judgements_per_hour_max: cap } = command
  const { state } = step
  const human: Human = state.humans.get(humanId) ?? { day: 0, human_id: humanId, minted_micro: 0, on_duty: false }
  state.humans.set(humanId, human)
  if (cap !== undefined) {
    human.judgements_per_hour_max = cap
    // What was judged before there was a cap does not count against it.
    if (cap === null) human.judged_at_ms = []
  }
  turn(
    step,
    human,
    command.on_duty,
    breakMs === undefined ? null : { reason: 'break', until_ms: state.at_ms + breakMs },
    cap === undefined ? {} : { judgements_per_hour_max: cap },
  )
}

type Rest = { readonly reason: 'break' | 'hourly_cap'; readonly until_ms: number }

function turn(step: Step, human: Human, onDuty: boolean, rest: Rest | null, shown: Partial<EventData<'duty_changed'>>): void {
  const { state } = step
  human.on_duty = onDuty
  if (rest !== null) {
    human.back_at_ms = rest.until_ms
    addDeadline(step, 'duty', human.human_id, rest.until_ms)
  } else if (human.back_at_ms !== undefined) human.back_at_ms = null
  state.book_changed = true
  let count = 0
  for (const one of state.humans.values()) if (one.on_duty) count += 1
  const resting = rest === null ? {} : { back_at_ms: rest.until_ms, reason: rest.reason }
  emit(step, 'duty_changed', '', { human_id: human.human_id, humans_on_duty: count, on_duty: onDuty, ...resting, ...shown })
  meterSold(step)
}

/** A break is over: the human is on duty again. */
export function endBreak(step: Step, humanId: string): void {
  turn(step, step.state.humans.get(humanId) as Human, true, null, { reason: 'break_over' })
}

/** Counts a judgement against the human's cap. The last one that it allows begins a rest, if the human is on duty. */
export function spendAttention(step: Step, human: Human): void {
  const cap = human.judgements_per_hour_max ?? null
  if (cap === null) return
  const { state } = step
  human.judged_at_ms = [...judgedWithinHour(state, human), state.at_ms]
  const until = cappedUntilMs(state, human, cap)
  if (until !== null && human.on_duty) turn(step, human, false, { reason: 'hourly_cap', until_ms: until }, {})
}
