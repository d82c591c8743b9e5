import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { type Command, ParamChanges } from '@syntropism/contract'
import { type State, canonicalJson, snapshot } from '@syntropism/economy'
import { z } from 'zod'
import { ConfigError } from '../config/index.ts'
import { type ReadableJournal, stateAt } from '../host/index.ts'
import type { Moment, StoredBatch } from '../ports/index.ts'
import { type Cut, NewRecord, carryOver } from './carry-over.ts'
import { type Paths, pathsOf } from '../live/index.ts'
import { type Place, makeEconomy } from './new-economy.ts'
import { workspacesAt } from './workspaces.ts'

export interface ForkOptions {
  readonly journal: ReadableJournal
  readonly from: Paths
  readonly to: Place
  /** Where the new economy leaves the old one; null for its end. */
  readonly at: Moment | null
  /** Numbers of the rules that are other from there on. */
  readonly changes: Readonly<{ [name: string]: unknown }>
  /** Whether what was asked of the old economy after that moment is asked of the new one too. */
  readonly with_inputs: boolean
}

export interface Fork {
  readonly economy_id: string
  readonly parent_economy_id: string
  readonly parent_seq: number
  readonly parent_at_ms: number
  readonly seq: number
  /** Inputs after the fork that were carried out, and that the new economy refused or that would have changed its rules back. */
  readonly inputs: number
  readonly inputs_left_out: number
}

/** Commands of the parent that a fork with other rules must not take over. */
const RULE_CHANGES: ReadonlySet<string> = new Set(['change_rules', 'tune_rules'])

function readChanges(changes: ForkOptions['changes']): ParamChanges {
  const parsed = ParamChanges.safeParse(changes)
  if (parsed.success) return parsed.data
  throw new ConfigError(
    `these are no numbers of the rules: ${z.prettifyError(parsed.error)}\nKnown are ${Object.keys(ParamChanges.shape).toSorted().join(', ')}`,
  )
}

/** The record that begins the new economy: its name, and the numbers that are other. */
function beginning(state: State, economyId: string, hash: string, changes: ParamChanges): NewRecord {
  const record = new NewRecord()
  const base = { at_ms: state.at_ms, owner: 'host' }
  record.add(state, { ...base, economy_id: economyId, parent_hash: hash, type: 'fork' })
  if (Object.keys(changes).length === 0) return record
  const refused = record.add(state, { ...base, audit: { by: 'fork', reason: 'the rules of the fork' }, changes, owner: 'operator', type: 'tune_rules' })
  if (refused !== null) throw new ConfigError(`the rules cannot be so: ${refused}`)
  return record
}

/** Commands of a journal after a cut, record by record. */
async function* inputsAfter(journal: ReadableJournal, cut: Cut | null): AsyncGenerator<unknown[]> {
  if (cut === null) return
  const commandsOf = (batch: StoredBatch): unknown[] => JSON.parse(batch.commands_json) as unknown[]
  for await (const batch of journal.read(Math.max(0, cut.record - 1)))
    yield batch.number === cut.record ? commandsOf(batch).slice(cut.commands) : commandsOf(batch)
}

/**
 * A new economy that has the past of another up to a moment, and from there another name and, when wished, other rules.
 * Its journal holds that past as it was recorded, so it can be verified from its first record. Throws ConfigError, MomentError or JournalError with nothing made.
 */
export async function fork(options: ForkOptions): Promise<Fork> {
  const { at, from, journal, to, with_inputs } = options
  const changes = readChanges(options.changes)
  const economyId = `e${randomBytes(8).toString('hex')}`
  const past = at === null ? null : await stateAt(journal, at)
  return makeEconomy(to, async (folder, open) => {
    const paths = pathsOf(folder)
    const target = open()
    const { hash, record, state } = await carryOver(journal, target, past)
    const { economy_id: parent, params, seq: parentSeq, at_ms: parentAtMs } = state
    await workspacesAt(state, from.agents, paths.agents)
    await target.commit(beginning(state, economyId, hash, changes).batch(record + 1), state)
    const counts = { done: 0, left_out: 0, number: record + 1 }
    if (with_inputs)
      for await (const commands of inputsAfter(journal, past)) {
        const next = new NewRecord()
        for (const command of commands as Command[]) {
          if (RULE_CHANGES.has(command.type)) next.left_out += 1
          else next.add(state, command)
        }
        counts.left_out += next.left_out
        counts.done += next.commands.length
        if (next.commands.length > 0) await target.commit(next.batch((counts.number += 1)), state)
      }
    await target.saveSnapshot(counts.number, snapshot(state))
    // Without the parent's, the first start would take the fork's rules for a change to be undone.
    if (existsSync(from.configured_rules)) copyFileSync(from.configured_rules, paths.configured_rules)
    else writeFileSync(paths.configured_rules, canonicalJson(params))
    return {
      economy_id: economyId,
      inputs: counts.done,
      inputs_left_out: counts.left_out,
      parent_at_ms: parentAtMs,
      parent_economy_id: parent,
      parent_seq: parentSeq,
      seq: state.seq,
    }
  })
}
