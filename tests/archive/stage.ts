import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMS, canonicalJson, stateHash } from '@syntropism/economy'
import { type Draft, Host, type Journal, createMemoryBus, pathsOf, openSqlite } from '@syntropism/runtime'

const T0 = 1_700_000_000_000
const PARAMS = { ...DEFAULT_PARAMS, llm_micro_usd_per_minute: 60_000, starvation_ms: 0 }
const FAIL = (error: unknown): never => {
  throw error
}

/** An economy on a data folder, in virtual time: windows, prompts with scores, a spawn, messages, a refund, an LLM call. */
export interface Stage {
  readonly data: string
  readonly host: Host
  /** State hash after each turn, by its last sequence number. */
  readonly hashes: ReadonlyMap<number, string>
  beats(count: number): Promise<void>
  send(...drafts: Draft[]): Promise<void>
  remove(): void
}

const PRICE = {
  cache_read_per_million: 0,
  cache_write_per_million: 0,
  image_input_per_million: 0,
  input_per_million: 1_000_000,
  output_per_million: 2_000_000,
  reasoning_per_million: 0,
  request_micro_usd: 0,
}

/** On the SQLite file of its data folder, or on another journal. */
export async function openStage(other?: Journal): Promise<Stage> {
  const root = mkdtempSync(join(tmpdir(), 'syntropism-archive-'))
  const data = join(root, 'data')
  mkdirSync(data)
  const paths = pathsOf(data)
  let now = T0
  const hashes = new Map<number, string>()
  const journal = other ?? openSqlite(paths.database).journal
  const host = await Host.open({ bus: createMemoryBus(FAIL), createClock: () => ({ now: () => now }), journal, onFatal: FAIL, snapshot_every: 50 })
  const send = async (...drafts: Draft[]): Promise<void> => {
    await Promise.all(drafts.map((draft) => host.submit(draft)))
    if (!hashes.has(host.state.seq)) hashes.set(host.state.seq, stateHash(host.state))
  }
  const beats = async (count: number): Promise<void> => {
    for (let beat = 0; beat < count; beat++) {
      now += 100
      await send({ owner: 'host', type: 'tick' })
    }
  }
  await send({ economy_id: 'stage', owner: 'host', params: PARAMS, rules_version: 1, type: 'genesis' })
  writeFileSync(paths.configured_rules, canonicalJson(PARAMS))
  await send({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner: 'host', reports: false, type: 'register_executor' })
  await send({ human_id: 'ada', on_duty: true, owner: 'host', type: 'set_duty' })
  await send({
    audit: { by: 'olga', reason: 'dearer from the start' },
    changes: { curves: { cpu: { floor_micro_per_s: 4_500_000 } } },
    owner: 'operator',
    type: 'tune_rules',
  })
  const standing = (cpu: number) => ({ bundle: { cpu, memory: 100_000 }, duration_ms: 900, limit_micro: 20_000_000, margin_ppm: 200_000, pause_ms: 100 })
  await send(
    ...['a', 'b', 'c'].map(
      (agent_id, index): Draft => ({
        agent_id,
        grant_micro: 900_000_000,
        name: agent_id,
        owner: 'operator',
        standing_bid: standing(200_000 + index * 50_000),
        type: 'create_agent',
      }),
    ),
  )
  await beats(20)
  await send({ agent_id: 'a', amount_micro: 9_000_000, content: { title: 'a report' }, owner: 'agent:a', type: 'file_prompt' })
  await beats(5)
  await send({ human_id: 'ada', owner: 'human:ada', prompt_id: 'prompt-1', scores: { interesting: 7, understandable: 8, useful: 6 }, type: 'score_prompt' })
  await send(
    { amount_micro: 50_000_000, from_agent_id: 'a', id: 'pay-1', owner: 'agent:a', purpose: 'work', to_agent_id: 'b', type: 'transfer' },
    { content: 'hallo, naïve “world”', from_agent_id: 'b', owner: 'agent:b', to_agent_id: 'c', type: 'send_message' },
  )
  await send({ endowment_micro: 200_000_000, name: 'child', owner: 'agent:a', parent_id: 'a', standing_bid: standing(100_000), type: 'spawn' })
  await send({
    agent_id: 'c',
    model: 'm',
    output_tokens_max: 1000,
    owner: 'agent:c',
    price: PRICE,
    prompt_tokens_max: 1000,
    request_hash: '0'.repeat(64),
    type: 'admit_llm_call',
    upstream_id: 'u',
  })
  await beats(30)
  // The host ends what runs: the unused part of the price returns.
  await send({ agent_id: null, audit: { by: 'olga', reason: 'maintenance' }, end_now: true, owner: 'operator', type: 'pause_windows' })
  await send({ agent_id: null, audit: { by: 'olga', reason: 'done' }, owner: 'operator', type: 'resume_windows' })
  await beats(20)
  const pay = (from_agent_id: string, to_agent_id: string, amount_micro: number) => ({ amount_micro, from_agent_id, purpose: 'pay round', to_agent_id })
  const transfers = [pay('a', 'b', 70_000_000), pay('b', 'c', 900_000_000_000), pay('b', 'a', 80_000_000), pay('c', 'b', 1)]
  await send({ audit: { by: 'olga', reason: 'a test' }, id: 'round-1', linked: false, owner: 'operator', transfers, type: 'transfer_batch' })
  await send({ agent_id: 'c', audit: { by: 'olga', reason: 'a test' }, owner: 'operator', reason: 'a test', type: 'kill_agent' })
  await beats(30)
  return { beats, data, hashes, host, remove: () => rmSync(root, { force: true, recursive: true }), send }
}
