import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { EconomyEvent } from '@syntropism/contract'
import { type Posting, type State, freeMicro } from '@syntropism/economy'
import { projectLlm } from './llm-projection.ts'
import { projectTools } from './tool-projection.ts'

type Row = readonly SQLInputValue[]

/** Writes the read models that an event changes. They can be made again from the journal at any time and are never a source. */
export class Projection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  #run(sql: string, row: Row): void {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    statement.run(...row)
  }

  write(events: readonly EconomyEvent[], postings: readonly Posting[], state: State): void {
    const touched = new Set<string>()
    // Movements of credits are rows of `transfers`; `postings` holds those of the other assets.
    for (const posting of postings) {
      if (posting.transfer_id !== '') continue
      this.#run('INSERT INTO postings VALUES (?,?,?,?,?,?,?,?,?,?,?)', [
        posting.entry_id,
        posting.seq,
        posting.at_ms,
        posting.asset,
        posting.debit,
        posting.credit,
        posting.amount,
        posting.purpose,
        posting.cause_id,
        posting.transfer_id,
        posting.traceparent,
      ])
    }
    for (const event of events) {
      this.#event(event)
      if (event.type === 'credits_transferred') touched.add(event.data.from_agent).add(event.data.to_agent)
      else if (event.agent_id !== '') touched.add(event.agent_id)
    }
    for (const agentId of touched) this.#balance(state, agentId)
  }

  #balance(state: State, agentId: string): void {
    const agent = state.agents.get(agentId)
    if (agent !== undefined)
      this.#run('UPDATE agents SET balance_micro = ?, held_micro = ?, status = ? WHERE agent_id = ?', [
        freeMicro(state, agent),
        agent.held_micro,
        agent.status,
        agentId,
      ])
  }

  #event(event: EconomyEvent): void {
    const { at_ms: at, seq } = event
    switch (event.type) {
      case 'credits_transferred': {
        const { data } = event
        this.#run('INSERT INTO transfers VALUES (?,?,?,?,?,?,?,?,?,?,?,?)', [
          Number(data.transfer_id.slice('transfer-'.length)),
          data.transfer_id,
          seq,
          at,
          data.from_agent,
          data.from_account,
          data.to_agent,
          data.to_account,
          data.amount_micro,
          data.purpose,
          data.entry_id,
          data.hold_id,
        ])
        return
      }
      case 'price_update': {
        const { data } = event
        this.#run('INSERT INTO prices VALUES (?,?,?,?,?,?,?)', [
          seq,
          at,
          data.resource,
          data.old_price_micro_per_s,
          data.new_price_micro_per_s,
          data.utilisation_ppm,
          data.reason,
        ])
        return
      }
      case 'market_cleared':
        this.#run('INSERT INTO clearings VALUES (?,?,?,?)', [seq, at, event.data.certificate.clearing_id, JSON.stringify(event.data.certificate)])
        return
      case 'execution_terminated':
        this.#run('INSERT INTO receipts VALUES (?,?,?,?,?)', [event.data.execution_id, seq, at, event.agent_id, JSON.stringify(event.data)])
        return
      default:
        this.#life(event)
    }
  }

  #life(event: EconomyEvent): void {
    const { at_ms: at } = event
    const insert = 'INSERT INTO agents VALUES (?,?,?,?,?,?,?,?,?,?,?)'
    switch (event.type) {
      case 'agent_created':
        this.#run(insert, [event.agent_id, event.data.name, null, '[]', 'new', '', at, 0, 0, 0, 0])
        return
      case 'agent_spawned':
        this.#run(insert, [event.data.child_id, event.data.name, event.data.parent_id, JSON.stringify(event.data.lineage), 'new', '', at, 0, 0, 0, 0])
        return
      case 'agent_dormant':
        this.#run('UPDATE agents SET status_reason = ? WHERE agent_id = ?', [event.data.reason, event.agent_id])
        return
      case 'agent_awake':
        this.#run('UPDATE agents SET status_reason = ? WHERE agent_id = ?', [`woken by ${event.data.awakened_by}`, event.agent_id])
        return
      case 'agent_died':
        this.#run('UPDATE agents SET status_reason = ? WHERE agent_id = ?', [`${event.data.cause}: ${event.data.reason}`, event.agent_id])
        return
      case 'execution_started':
        this.#run('UPDATE agents SET windows = windows + 1 WHERE agent_id = ?', [event.agent_id])
        return
      default:
        this.#attention(event)
    }
  }

  #attention(event: EconomyEvent): void {
    switch (event.type) {
      case 'prompt_filed': {
        const { data } = event
        this.#run('INSERT INTO prompts VALUES (?,?,?,?,?,?,?,?,?,?,?,?)', [
          data.prompt_id,
          event.seq,
          event.agent_id,
          JSON.stringify(data.content),
          data.bid_micro,
          event.at_ms,
          data.deadline_at_ms,
          'waiting',
          null,
          null,
          null,
          null,
        ])
        return
      }
      case 'prompt_shown':
        this.#run('UPDATE prompts SET status = ? WHERE prompt_id = ?', ['shown', event.data.prompt_id])
        return
      case 'prompt_ended':
        this.#run('UPDATE prompts SET status = ? WHERE prompt_id = ?', [event.data.reason, event.data.prompt_id])
        return
      case 'human_reward_issued': {
        const { data } = event
        this.#run('UPDATE prompts SET scores = ?, reason = ?, credits_awarded_micro = ?, human_id = ? WHERE prompt_id = ?', [
          JSON.stringify(data.scores),
          data.reason,
          data.credits_awarded_micro,
          data.human_id,
          data.prompt_id,
        ])
        this.#run('UPDATE agents SET earned_micro = earned_micro + ? WHERE agent_id = ?', [data.credits_awarded_micro, event.agent_id])
        return
      }
      default:
        this.#dealings(event)
    }
  }

  #dealings(event: EconomyEvent): void {
    const { at_ms: at, seq } = event
    switch (event.type) {
      case 'message_sent':
        this.#run('INSERT INTO messages VALUES (?,?,?,?,?,?,?)', [
          event.data.message_id,
          seq,
          at,
          'message',
          event.data.from_agent,
          event.data.to_agent,
          JSON.stringify({ content: event.data.content }),
        ])
        return
      case 'service_requested': {
        const { data } = event
        this.#run('INSERT INTO messages VALUES (?,?,?,?,?,?,?)', [
          data.message_id,
          seq,
          at,
          'request',
          data.caller_agent,
          data.provider_agent,
          JSON.stringify({
            cost_micro: data.cost_micro,
            deadline_at_ms: data.deadline_at_ms,
            invocation_id: data.invocation_id,
            request: data.request,
            service_name: data.service_name,
          }),
        ])
        this.#run('INSERT INTO invocations VALUES (?,?,?,?)', [data.invocation_id, seq, JSON.stringify(data), null])
        return
      }
      case 'service_invoked':
        this.#run('UPDATE invocations SET result = ? WHERE invocation_id = ?', [JSON.stringify(event.data), event.data.invocation_id])
        return
      case 'service_registered': {
        const { data } = event
        this.#run('INSERT OR REPLACE INTO services VALUES (?,?,?,?,?)', [
          data.agent_id,
          data.service_name,
          data.advertised_cost_micro,
          data.payment,
          JSON.stringify(data.specification),
        ])
        return
      }
      case 'service_removed':
        this.#run('DELETE FROM services WHERE agent_id = ? AND service_name = ?', [event.data.agent_id, event.data.service_name])
        return
      case 'operator_acted': {
        const { action, agent_id, by, details, reason } = event.data
        this.#run('INSERT INTO orders VALUES (?,?,?,?,?,?,?)', [seq, at, by, action, agent_id, reason, JSON.stringify(details)])
        return
      }
      default:
        projectLlm(event, (sql, row) => this.#run(sql, row))
        projectTools(event, (sql, row) => this.#run(sql, row))
    }
  }
}
