import { join } from 'node:path'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import type { EconomyEvent } from '@syntropism/contract'
import { createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { Host } from '../../packages/runtime/src/host/index.ts'
import { type App, Gate, type Reads, type ServiceParts, Tokens, createService, hashToken, openReads } from '../../packages/runtime/src/http/index.ts'
import type { Bus, Journal } from '../../packages/runtime/src/ports/index.ts'
import { type Queries, openSqlite } from '../../packages/runtime/src/store/index.ts'
import { removeDir, tempDir } from '../program.ts'

/** A small economy with its service: agents a and b with 100 credits each, a window of a running (lease-1, one minute). */
export interface SmallEconomy {
  readonly app: App
  readonly bus: Bus
  readonly events: EconomyEvent[]
  readonly host: Host
  readonly reads: Reads
  readonly tokens: Tokens
  /** Bearer token of agent a in lease-1. */
  readonly run: string
  close(): Promise<void>
}

interface Store {
  readonly journal: Journal
  readonly queries: Queries
}

export async function openSmallEconomy(economyId: string, store?: Store): Promise<SmallEconomy> {
  const folder = tempDir()
  const { journal, queries } = store ?? openSqlite(join(folder, 'economy.sqlite'))
  const bus = createMemoryBus((error) => {
    throw error
  })
  const events: EconomyEvent[] = []
  bus.subscribe((event) => void events.push(event))
  const host = await Host.open({
    bus,
    createClock: () => ({ now: () => Date.now() }),
    journal,
    onFatal: (error) => {
      throw error
    },
  })
  const tokens = new Tokens([{ hash: hashToken('operator-token'), role: 'operator' }])
  const readEvents = (filter: { after_seq: number; limit: number }): EconomyEvent[] => events.slice(filter.after_seq, filter.after_seq + filter.limit)
  const parts: ServiceParts = { host, queries, readEvents, tokens, unlimited: true }
  const gate = new Gate(parts)
  const app = createService(parts, gate)
  const tell = async (draft: object): Promise<void> => {
    const outcome = await host.submit({ owner: 'host', ...draft } as never)
    if (!outcome.ok) throw new Error(`${JSON.stringify(draft)}: ${outcome.refusal.code} ${JSON.stringify(outcome.refusal.detail)}`)
  }
  await tell({ economy_id: economyId, params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  await tell({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, reports: true, type: 'register_executor' })
  for (const agent_id of ['a', 'b']) await tell({ agent_id, grant_micro: 100_000_000, name: agent_id, type: 'create_agent' })
  await tell({ agent_id: 'a', amount_micro: 80_000_000, bundle: { cpu: 250_000, memory: 100_000 }, duration_ms: 60_000, payer_id: 'a', type: 'place_bid' })
  await tell({ type: 'tick' })
  await tell({ executor_id: 'local', incarnation: 'i', lease_id: 'lease-1', type: 'start_lease' })
  return {
    app,
    bus,
    async close() {
      await host.stop()
      removeDir(folder)
    },
    events,
    host,
    reads: openReads(app, parts, gate),
    run: tokens.issue('a', 'lease-1'),
    tokens,
  }
}
