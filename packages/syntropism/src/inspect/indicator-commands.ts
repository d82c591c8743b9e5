import { CreditFlow, type Indicators, type State, indicatorsOf } from '@syntropism/economy'
import { type Movement, movementsBackwards } from '@syntropism/runtime'
import { table } from '../terminal/format.ts'
import { type Local, type LocalFlags, openLocal, print } from '../terminal/local.ts'
import { type PastFlags, pastState } from '../archive/past.ts'

/** Movements that the last minute before a state's time holds. */
async function flowBefore({ queries }: Local, state: State): Promise<CreditFlow> {
  const flow = new CreditFlow()
  const rows: Movement[] = []
  for await (const movement of movementsBackwards(queries)) {
    if (movement.at_ms <= state.at_ms - 60_000) break
    if (movement.seq <= state.seq) rows.push(movement)
  }
  for (const row of rows.reverse()) flow.add(row.at_ms, row.from_agent, row.to_agent, row.amount_micro)
  return flow
}

/** A figure for people: money in credits, the rest as it is. */
function shown(name: string, value: number): readonly [string, string] {
  const micro = /^(.+)_micro(_per_\w+)?$/.exec(name)
  const amount = micro === null ? value : value / 1_000_000
  return [micro === null ? name : `${micro[1] ?? ''} (credits${(micro[2] ?? '').replaceAll('_', ' ')})`, String(Number(amount.toPrecision(6)))]
}

/** `syntropism indicators`: read from the data folder, running or not, now or as it was. */
export async function showIndicators(flags: LocalFlags & PastFlags): Promise<void> {
  const local = await openLocal(flags)
  const state = await pastState(local, flags)
  const indicators: Indicators = indicatorsOf(state, await flowBefore(local, state))
  print(flags, { at_ms: state.at_ms, economy_id: state.economy_id, indicators, seq: state.seq }, () =>
    table([['indicator', `after #${state.seq}`], ...Object.entries(indicators).map(([name, value]) => shown(name, value as number))]),
  )
  await local.close()
}
