import type { EconomyEvent } from '@syntropism/contract'
import { createMemoryBus } from '../bus/index.ts'
import type { Config } from '../config/index.ts'
import { Host, createWallClock } from '../host/index.ts'
import { type Paths, openTokens } from './data-dir.ts'
import { readEvents } from './events.ts'
import { openObservation } from './observation.ts'
import { type Standby, openStore } from './store.ts'

/** Ways to close what a start has opened so far, in the order in which it was opened. */
export type Opened = (() => unknown)[]

/** Closes what was opened before a start failed, the last first: a thread or a door that stays open would keep the process. */
export async function closeAll(opened: Opened): Promise<void> {
  for (const close of opened.toReversed())
    try {
      await close()
    } catch {
      // What made the start fail is told, not what came of it.
    }
}

export interface EconomyOptions {
  readonly config: Config
  readonly new_tokens: boolean
  readonly standby?: Standby
  onFatal(error: unknown): void
  onEvent(event: EconomyEvent): void
}

/** The journal, what watches it, and the economy that goes on from it. */
export async function openEconomy(options: EconomyOptions, paths: Paths, opened: Opened) {
  const { config } = options
  const { journal, queries, tokens: shelf } = await openStore(config, paths, options.onFatal, options.standby)
  let begun: Host | null = null
  opened.push(() => (begun === null ? journal.close() : begun.stop()))
  const observation = await openObservation(config)
  opened.push(() => observation.close())
  const bus = createMemoryBus((error) => observation.log.error('a listener failed', { error }))
  bus.subscribe((event) => options.onEvent(event))
  const held = await openTokens(shelf, config, options.new_tokens)
  const host = await Host.open({ bus, createClock: createWallClock, journal, onFatal: options.onFatal, ...observation.forHost() })
  begun = host
  await observation.follow(bus, host, (after_seq) => readEvents(queries, { after_seq, limit: 1_000_000 }))
  return { bus, held, host, observation, queries }
}
