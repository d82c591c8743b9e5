import type { Command } from '@syntropism/contract'
import { canonicalJson, sha256Hex } from '../codec/index.ts'
import { ASSETS, type Ledger, assertConserved, createLedger } from '../ledger/index.ts'
import { createLlmBook } from '../llm/index.ts'
import { createMeter } from '../market/index.ts'
import { DEFAULT_PARAMS, RULES_VERSION } from '../params/index.ts'
import { type State, sortedDeadlines } from '../state/index.ts'
import { invariant } from '../units/index.ts'
import { type Outcome, apply } from './apply.ts'
import { dropDeadDeadlines, isLive } from './beat.ts'
import type { Sink } from '../state/index.ts'

/** A state before genesis. */
export function createState(): State {
  return {
    agents: new Map(),
    at_ms: 0,
    bids: new Map(),
    book_changed: false,
    book_hash: '0'.repeat(64),
    counters: { agent: 0, bid: 0, clearing: 0, entry: 0, invocation: 0, lease: 0, llm_call: 0, message: 0, order: 0, prompt: 0, tool_call: 0, transfer: 0 },
    deadlines: [],
    down_from_ms: null,
    economy_id: '',
    event_id_prefix: '',
    executors: new Map(),
    humans: new Map(),
    invocations: new Map(),
    leases: new Map(),
    ledger: createLedger(),
    living_agents: 0,
    llm: createLlmBook(),
    meters: {
      attention: createMeter(DEFAULT_PARAMS, 'attention', 0),
      cpu: createMeter(DEFAULT_PARAMS, 'cpu', 0),
      llm: createMeter(DEFAULT_PARAMS, 'llm', 0),
      memory: createMeter(DEFAULT_PARAMS, 'memory', 0),
    },
    params: DEFAULT_PARAMS,
    paused: { agents: new Set(), everyone: false },
    prompts: new Map(),
    remembered: new Map(),
    reversed: new Set(),
    rules_version: RULES_VERSION,
    seq: 0,
    services: new Map(),
    starving: null,
    tool_calls: new Map(),
  }
}

const MAP = '$map'
const SET = '$set'

/** Maps and sets keep their order, which is part of the state: iteration follows it. */
const pack = (_key: string, value: unknown): unknown => (value instanceof Map ? { [MAP]: [...value] } : value instanceof Set ? { [SET]: [...value] } : value)
const unpack = (_key: string, value: unknown): unknown => {
  if (value === null || typeof value !== 'object') return value
  if (MAP in value) return new Map(value[MAP] as [unknown, unknown][])
  return SET in value ? new Set(value[SET] as unknown[]) : value
}

const plainLedger = ({ assets, balances, kinds, ...rest }: Ledger): unknown => ({
  ...rest,
  assets: [...assets.subarray(0, rest.count)],
  balances: [...balances.subarray(0, rest.count)],
  index_by_name: undefined,
  kinds: [...kinds.subarray(0, rest.count)],
})

function restoreLedger(
  plain: { assets: number[]; balances: number[]; kinds: number[]; names: (string | null)[]; count: number } & Omit<
    Ledger,
    'assets' | 'balances' | 'kinds' | 'index_by_name' | 'names'
  >,
): Ledger {
  const size = Math.max(64, 2 ** Math.ceil(Math.log2(plain.count + 1)))
  const assets = new Uint8Array(size)
  const balances = new Float64Array(size)
  const kinds = new Uint8Array(size)
  assets.set(plain.assets)
  balances.set(plain.balances)
  kinds.set(plain.kinds)
  const ledger: Ledger = { ...plain, assets, balances, index_by_name: new Map(), kinds }
  for (const [index, name] of plain.names.entries()) if (name !== null) ledger.index_by_name.set(name, index)
  invariant(
    plain.assets.every((asset) => asset < ASSETS.length),
    'a snapshot names known assets only',
  )
  return ledger
}

/** Remembered commands in one part of a snapshot: a fraction of a millisecond's work. */
const PART_COMMANDS = 250

const textOf = (value: unknown): string => canonicalJson(JSON.parse(JSON.stringify(value, pack)))

/**
 * The whole state as canonical JSON text, in parts. All that can change is read before the first part is handed out: between parts the economy may
 * go on. What most of it is in the long run, the commands that are remembered, never changes and is told part by part.
 * Checks conservation by the full sum first.
 */
export function* snapshotParts(state: State): Generator<string, void> {
  assertConserved(state.ledger)
  dropDeadDeadlines(state)
  const { remembered, ...rest } = state
  const plain: Record<string, unknown> = { ...rest, deadlines: sortedDeadlines(state.deadlines), ledger: plainLedger(state.ledger) }
  const membersOf = (keys: readonly string[]): string => keys.map((key) => `${JSON.stringify(key)}:${textOf(plain[key])}`).join(',')
  const keys = Object.keys(plain)
    .filter((key) => plain[key] !== undefined)
    .sort()
  const commands = [...remembered]
  const after = membersOf(keys.filter((key) => key > 'remembered'))
  yield `{${membersOf(keys.filter((key) => key < 'remembered'))},"remembered":{"${MAP}":[`
  for (let first = 0; first < commands.length; first += PART_COMMANDS) {
    const lines = commands.slice(first, first + PART_COMMANDS).map(([key, { at_ms, fingerprint, result }]) => {
      return `[${JSON.stringify(key)},${canonicalJson({ at_ms, fingerprint, result })}]`
    })
    yield `${first === 0 ? '' : ','}${lines.join(',')}`
  }
  yield `]},${after}}`
}

/** The whole state as canonical JSON text. */
export const snapshot = (state: State): string => [...snapshotParts(state)].join('')

/** The state that `snapshot` wrote. A sorted array is a valid heap. */
export function restore(text: string): State {
  const plain = JSON.parse(text, unpack) as Omit<State, 'ledger'> & { ledger: Parameters<typeof restoreLedger>[0] }
  // Snapshots of economies that knew no pause, no tools or no reserves yet do not name them.
  const state: State = {
    ...plain,
    counters: { ...plain.counters, tool_call: plain.counters.tool_call ?? 0 },
    ledger: restoreLedger(plain.ledger),
    llm: { ...plain.llm, reserves: plain.llm.reserves ?? new Map() },
    paused: plain.paused ?? { agents: new Set(), everyone: false },
    tool_calls: plain.tool_calls ?? new Map(),
  }
  assertConserved(state.ledger)
  return state
}

/** SHA-256 of the snapshot. Deadlines whose record is gone do not count. */
export function stateHash(state: State): string {
  return sha256Hex(snapshot(restorableView(state)))
}

/** The state without dead deadlines anywhere in the heap. */
function restorableView(state: State): State {
  return { ...state, deadlines: state.deadlines.filter((deadline) => isLive(state, deadline)) }
}

/** Carries out commands in order; stops at nothing but a broken invariant. */
export function replay(state: State, commands: Iterable<Command>, sink: Sink | null = null): Outcome[] {
  const outcomes: Outcome[] = []
  for (const command of commands) outcomes.push(apply(state, command, sink))
  return outcomes
}
