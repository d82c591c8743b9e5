import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import { type Certificate, type Command, CommandSchema } from '@syntropism/contract'
import { type Candidate, type State, apply, candidatesOf, createState, restore, snapshot } from '@syntropism/economy'

/** The bids that could win in one past clearing, and what was for sale then. */
export interface PastBook {
  readonly candidates: readonly Candidate[]
  readonly supply: { readonly attention: number; readonly cpu: number; readonly llm: number; readonly memory: number }
}

/** Records after which the running economy gets its turn. */
const SLICE = 20

const commandsOf = (row: { commands: string }): Command[] => (JSON.parse(row.commands) as unknown[]).map((command) => CommandSchema.parse(command))

/** State just before the beat whose clearing has this sequence number, and that beat. */
async function before(database: DatabaseSync, seq: number): Promise<{ state: State; tick: Command } | null> {
  const target = database.prepare('SELECT number FROM batches WHERE last_seq >= ? ORDER BY last_seq, number LIMIT 1').get(seq) as { number: number } | undefined
  if (target === undefined) return null
  const kept = database.prepare('SELECT number, state FROM snapshots WHERE number < ? ORDER BY number DESC LIMIT 1').get(target.number) as
    | { number: number; state: string }
    | undefined
  let state = kept === undefined ? createState() : restore(kept.state)
  const record = database.prepare('SELECT commands FROM batches WHERE number = ?')
  for (let number = (kept?.number ?? 0) + 1; number < target.number; number++) {
    for (const command of commandsOf(record.get(number) as { commands: string })) apply(state, command, null)
    if (number % SLICE === 0) await breathe()
  }
  for (const command of commandsOf(record.get(target.number) as { commands: string })) {
    const text = command.type === 'tick' ? snapshot(state) : ''
    apply(state, command, null)
    if (command.type !== 'tick' || state.seq < seq) continue
    state = restore(text)
    return { state, tick: command }
  }
  return null
}

/**
 * The book of a past clearing, derived again from the journal: the beat is run with nothing for sale, so that its deadlines fall due and
 * nothing clears. Null when the hash is not the certificate's.
 */
export async function bookAt(database: DatabaseSync, seq: number, certificate: Certificate): Promise<PastBook | null> {
  const found = await before(database, seq)
  if (found === null) return null
  const { state, tick } = found
  const executors = [...state.executors.values()]
  const humans = [...state.humans.values()].filter((human) => human.on_duty)
  const { params } = state
  for (const one of executors) state.executors.set(one.executor_id, { ...one, cpu: 0, memory: 0 })
  for (const human of humans) human.on_duty = false
  state.params = { ...params, llm_keys_micro_usd_per_minute: 0, llm_micro_usd_per_minute: 0 }
  apply(state, tick, null)
  for (const one of executors) state.executors.set(one.executor_id, one)
  for (const human of humans) human.on_duty = true
  state.params = params
  for (const resource of ['attention', 'cpu', 'llm', 'memory'] as const) state.meters[resource].price_micro_per_s = certificate.prices_before[resource]
  if (state.book_hash !== certificate.book_hash) return null
  const rooms = Object.values(certificate.supply.executors)
  const sum = (resource: 'cpu' | 'memory'): number => rooms.reduce((total, room) => total + room[resource], 0)
  return {
    candidates: candidatesOf(state),
    supply: { attention: certificate.supply.attention, cpu: sum('cpu'), llm: certificate.supply.llm, memory: sum('memory') },
  }
}
