import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EconomyEvent } from '@syntropism/contract'
import { DEFAULT_PARAMS, balanceOf } from '@syntropism/economy'
import { createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { LlmConfig } from '../../packages/runtime/src/config/index.ts'
import { Host } from '../../packages/runtime/src/host/index.ts'
import { Gate, type ServiceParts, Tokens, createService, hashToken, openModelDoor, openServer } from '../../packages/runtime/src/http/index.ts'
import { Gateway } from '../../packages/runtime/src/llm-gateway/index.ts'
import { spendBy, openSqlite } from '../../packages/runtime/src/store/index.ts'
import { startFakeUpstream } from './upstream.ts'

/** One micro-dollar a token. */
const PRICE = { input: 1, output: 1 }
const MODELS = ['plain', 'fails', 'flaky', 'refuses', 'hangs', 'dies', 'slow', 'over-reports', 'nonsense', 'silent', 'breaks-off', 'endless', 'late-usage']

export interface WorldOptions {
  /** By which door calls of models come: straight from the socket, or by the service's routes. */
  readonly door?: 'direct' | 'routes'
  readonly usd_per_minute?: number
  readonly upstream?: object
  readonly recording?: 'off' | 'record' | 'replay'
  readonly recordings_dir?: string
  readonly key?: object
  /** Upstreams and models beside the fake's. */
  readonly upstreams?: readonly object[]
  readonly models?: Readonly<Record<string, object>>
  readonly environment?: NodeJS.ProcessEnv
  /** Economy time; when left out it goes on by the wall clock from the beginning of a minute, so that what a lease may spend in it does not hang on when a test is run. */
  readonly now?: () => number
}

const MINUTE_MS = 60_000
/** No answer is given up because the machine is slow, but for the model that never gives one. */
const TIMEOUT_MS = 120_000
const PATIENCE_MS = 2000

/** A System Service with the gateway on a real socket, a fake upstream behind it, a leased agent and a key. */
export async function openWorld(options: WorldOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-llm-'))
  const upstream = await startFakeUpstream()
  const cap = options.usd_per_minute ?? 1
  const config = LlmConfig.parse({
    keys_usd_per_minute: cap / 2,
    models: {
      ...Object.fromEntries(MODELS.map((name) => [name, { output_tokens_max: 100, price: PRICE, upstreams: [{ model: name, upstream: 'fake' }] }])),
      'falls-back': {
        output_tokens_max: 100,
        price: PRICE,
        upstreams: [
          { model: 'fails', upstream: 'fake' },
          { model: 'plain', upstream: 'other' },
        ],
      },
      'times-out': { output_tokens_max: 100, price: PRICE, upstreams: [{ model: 'hangs', upstream: 'impatient' }] },
      unbounded: { price: PRICE, upstreams: [{ model: 'plain', upstream: 'fake' }] },
      ...options.models,
      unpriced: { output_tokens_max: 100, upstreams: [{ model: 'plain', upstream: 'fake' }] },
    },
    recording: options.recording ?? 'off',
    upstreams: [
      ...['fake', 'other'].map((id) => ({ base_url: upstream.url, id, retries: 0, timeout_ms: TIMEOUT_MS, ...options.upstream })),
      { base_url: upstream.url, id: 'impatient', retries: 0, timeout_ms: PATIENCE_MS },
      ...(options.upstreams ?? []),
    ],
    usd_per_minute: cap,
  })
  const alarms: string[] = []
  const events: EconomyEvent[] = []
  const bus = createMemoryBus((error) => {
    throw error
  })
  bus.subscribe((event) => void events.push(event))
  const onFatal = (error: unknown): void => {
    throw error
  }
  const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
  const toMinute = MINUTE_MS - (Date.now() % MINUTE_MS)
  const { now = () => Date.now() + toMinute } = options
  const createClock = () => ({ now })
  const host = await Host.open({ bus, createClock, journal, onFatal })
  const recordings_dir = options.recordings_dir ?? join(folder, 'recordings')
  const gateway = new Gateway({
    alarm: (text) => void alarms.push(text),
    bus,
    config,
    environment: options.environment ?? {},
    host,
    models_dir: folder,
    onError: onFatal,
    recordings_dir,
  })
  const tokens = new Tokens([{ hash: hashToken('operator'), role: 'operator' }], (hash) => {
    for (const key of host.state.llm.keys.values()) if (key.token_hash === hash) return key.key_id
    return null
  })
  const parts: ServiceParts = { gateway, host, queries, readEvents: () => [], tokens, unlimited: true }
  const gate = new Gate(parts)
  const app = createService(parts, gate)
  const server = openServer((request) => app.fetch(request), options.door === 'routes' ? {} : { direct: openModelDoor(parts, gate) })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const params = { ...DEFAULT_PARAMS, llm_keys_micro_usd_per_minute: (cap * 1e6) / 2, llm_micro_usd_per_minute: cap * 1e6 }
  await host.submit({ economy_id: 'llm', owner: 'host', params, rules_version: 1, type: 'genesis' })
  await host.submit({ agent_id: 'a', grant_micro: 10 ** 13, name: 'a', owner: 'host', type: 'create_agent' })
  await host.submit({
    agent_id: 'a',
    amount_micro: 10 ** 12,
    bundle: { llm: 1_000_000 },
    duration_ms: 600_000,
    owner: 'host',
    payer_id: 'a',
    type: 'place_bid',
  })
  await host.submit({ owner: 'host', type: 'tick' })
  const terms = {
    expires_at_ms: null,
    models: [],
    parallel_max: 10_000,
    requests_per_minute: 1_000_000,
    tokens_per_minute: 1e9,
    windows: [{ limit_micro_usd: 1e9, window_ms: 0 }],
  }
  await host.submit({ ...terms, ...options.key, key_id: 'team', name: 'team', owner: 'operator', token_hash: hashToken('key-token'), type: 'create_llm_key' })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    alarms,
    /** Micro-dollars that the ledger has as used, overruns included. */
    booked: () =>
      ['llm_micro_usd:used', 'llm_micro_usd:upstream_overrun'].reduce(
        (sum, name) => sum + balanceOf(host.state.ledger, host.state.ledger.index_by_name.get(name) as number),
        0,
      ),
    agentToken: tokens.issue('a', 'lease-1'),
    events,
    folder,
    gateway,
    host,
    queries,
    settled: () => events.flatMap((event) => (event.type === 'llm_call_settled' ? [event.data] : [])),
    spend: (by: 'agent' | 'model' | 'upstream' | 'hour') => spendBy(queries, by),
    upstream,
    url,
    /** Waits until every call is recorded and none is open. */
    async quiet() {
      while (host.waiting > 0 || [...host.state.llm.calls.values()].some((call) => call.status === 'open')) await new Promise((done) => setTimeout(done, 5))
    },
    async close() {
      await gateway.close()
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
      await upstream.close()
      await host.stop()
      rmSync(folder, { force: true, recursive: true })
    },
  }
}
export type World = Awaited<ReturnType<typeof openWorld>>
