// Transfers per second: the ledger alone beside an array loop; the whole step; the step with a durable journal beside raw SQLite batches of the same bytes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Command, EconomyEvent } from '@syntropism/contract'
import { DEFAULT_PARAMS, KINDS, type Posting, apply, assertConserved, createLedger, createState, openAccount, post, stateHash } from '@syntropism/economy'
import { SqliteJournal, openDatabase } from '@syntropism/runtime'
import { alternate, machine, median, perSecond } from './measure.ts'

const ACCOUNTS = 1000
const MOVES = 1_000_000
const COMMANDS = 20_000
const BATCH = 1000
const PAIRS = 9

/** Same pairs for both sides: a linear congruential walk over the accounts. */
const pairs = new Int32Array(MOVES * 2)
for (let index = 0, value = 1; index < pairs.length; index++) {
  value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
  pairs[index] = (value >>> 0) % ACCOUNTS
}

function ledgerAlone(): string {
  const ledger = createLedger()
  const accounts = Int32Array.from({ length: ACCOUNTS }, (_, index) => openAccount(ledger, `agent:${index}`, 'credits', KINDS.agent))
  ledger.granted_micro = ACCOUNTS * MOVES
  for (const account of accounts) post(ledger, 0, account, MOVES)
  const plain = new Float64Array(ACCOUNTS).fill(MOVES)
  const taken = alternate(
    PAIRS,
    () => {
      for (let index = 0; index < pairs.length; index += 2) {
        const from = accounts[pairs[index] as number] as number
        const to = accounts[pairs[index + 1] as number] as number
        if (from !== to) post(ledger, from, to, 1)
      }
    },
    () => {
      for (let index = 0; index < pairs.length; index += 2) {
        const from = pairs[index] as number
        const to = pairs[index + 1] as number
        if (from !== to && (plain[from] as number) >= 1) {
          plain[from] = (plain[from] as number) - 1
          plain[to] = (plain[to] as number) + 1
        }
      }
    },
  )
  assertConserved(ledger)
  return `ledger alone           ${perSecond(MOVES, taken.subject_ms).padStart(14)}   array loop ${perSecond(MOVES, taken.reference_ms)}   ratio ${taken.ratio.toFixed(2)}`
}

function begin(): ReturnType<typeof createState> {
  const state = createState()
  apply(state, { at_ms: 1_700_000_000_000, economy_id: 'bench', owner: 'b', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' }, null)
  for (let index = 0; index < ACCOUNTS; index++)
    apply(state, { agent_id: `a${index}`, at_ms: state.at_ms, grant_micro: 1_000_000_000, name: 'a', owner: 'b', type: 'create_agent' }, null)
  return state
}

let made = 0
const transfer = (index: number, agents = ACCOUNTS): Command => ({
  amount_micro: 1,
  at_ms: 1_700_000_000_001,
  from_agent_id: `a${(pairs[index * 2] as number) % agents}`,
  id: `t${made++}`,
  owner: 'b',
  purpose: 'bench',
  to_agent_id: `a${(((pairs[index * 2] as number) % agents) + 1) % agents}`,
  type: 'transfer',
})

function wholeStep(): string {
  const state = begin()
  const times = Array.from({ length: PAIRS }, () => {
    const commands = Array.from({ length: COMMANDS }, (_, index) => transfer(index))
    const start = performance.now()
    for (const command of commands) apply(state, command, { event: () => undefined, posting: () => undefined })
    return performance.now() - start
  })
  return `step with id and event ${perSecond(COMMANDS, median(times)).padStart(14)}   state ${stateHash(state).slice(0, 12)}`
}

function journaled(agents: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-bench-'))
  const state = begin()
  const journal = new SqliteJournal(openDatabase(join(folder, 'economy.sqlite')))
  const raw = openDatabase(join(folder, 'raw.sqlite'))
  raw.exec('CREATE TABLE lines (number INTEGER PRIMARY KEY, text TEXT NOT NULL)')
  const insert = raw.prepare('INSERT INTO lines (text) VALUES (?)')
  let lines: string[] = []
  const subject = (): void => {
    lines = []
    for (let first = 0; first < COMMANDS; first += BATCH) {
      const commands: Command[] = []
      const events: EconomyEvent[] = []
      const postings: Posting[] = []
      for (let index = first; index < first + BATCH; index++) {
        const command = transfer(index, agents)
        commands.push(command)
        apply(state, command, { event: (event) => void events.push(event), posting: (posting) => void postings.push(posting) })
      }
      // On the thread that calls, SQLite commits before it returns.
      void journal.commit(
        { commands, events, ids: commands.map((command) => ({ id: command.id ?? '', owner: command.owner })), number: journal.last_number + 1, postings },
        state,
      )
      for (const [index, command] of commands.entries()) lines.push(JSON.stringify(command) + JSON.stringify(events[index]))
    }
  }
  const reference = (): void => {
    for (let first = 0; first < lines.length; first += BATCH) {
      raw.exec('BEGIN')
      for (let index = first; index < first + BATCH; index++) insert.run(lines[index] as string)
      raw.exec('COMMIT')
    }
  }
  const taken = alternate(PAIRS, subject, reference)
  void journal.close()
  raw.close()
  rmSync(folder, { force: true, recursive: true })
  return `journaled, ${agents} agents ${perSecond(COMMANDS, taken.subject_ms).padStart(12)}   raw one-row inserts of the same bytes ${perSecond(COMMANDS, taken.reference_ms)}   ratio ${taken.ratio.toFixed(2)}`
}

console.log(machine())
for (const figure of [ledgerAlone, wholeStep, () => journaled(24), () => journaled(ACCOUNTS)]) console.log(figure())
