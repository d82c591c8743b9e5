import type { EconomyEvent } from '@syntropism/contract'
import { type Who, follow, read } from './api.ts'

export interface Economy {
  readonly agents_micro: number
  readonly at_ms: number
  readonly burned_micro: number
  readonly circulating_micro: number
  readonly granted_micro: number
  readonly held_micro: number
  readonly living_agents: number
  readonly rewarded_micro: number
  readonly seq: number
}

/** What every view shows. A view keeps what is its own. */
export const store = {
  /** Sequence numbers that the live feed passed over; 0 unless events were lost. */
  gaps: 0,
  economy: null as Economy | null,
  events: [] as EconomyEvent[],
  is_live: false,
  last_seq: 0,
  notice: '',
  /** Economy time minus this machine's. */
  skew_ms: 0,
  who: { economy_id: '', role: null } as Who,
}

const EVENTS_MAX = 2000
const LOOK_BACK = 300

let scheduled = false
let draw = (): void => undefined
export const onChange = (render: () => void): void => void (draw = render)
/** Draws once before the next frame, however often it is asked for. */
export function changed(): void {
  if (scheduled) return
  scheduled = true
  requestAnimationFrame(() => {
    scheduled = false
    draw()
  })
}

export const economyNow = (): number => Date.now() + store.skew_ms

export function say(text: string): void {
  store.notice = text
  changed()
}
/** Runs what a person asked for and says what came of it. */
export function attempt(work: () => Promise<string>): void {
  work().then(say, (error: unknown) => say(error instanceof Error ? error.message : String(error)))
}

type Listener = (event: EconomyEvent) => void
const listeners = new Set<Listener>()
export function onEvent(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export async function readEconomy(): Promise<void> {
  store.economy = await read<Economy>('/economy')
  store.skew_ms = store.economy.at_ms - Date.now()
  changed()
}

/** Pause between two drawings of the feed: nobody reads faster, and a thousand events a second leave the page smooth. */
const FEED_MS = 250
let soon: ReturnType<typeof setTimeout> | null = null

function take(event: EconomyEvent): void {
  if (event.seq <= store.last_seq) return
  if (store.last_seq > 0) store.gaps += event.seq - store.last_seq - 1
  store.last_seq = event.seq
  store.events.push(event)
  if (store.events.length > EVENTS_MAX) store.events.splice(0, EVENTS_MAX / 4)
  for (const listener of listeners) listener(event)
  soon ??= setTimeout(() => {
    soon = null
    changed()
  }, FEED_MS)
}

let stop: (() => void) | null = null
/** Goes live a little before now, so that the feed does not begin empty. */
export async function begin(): Promise<void> {
  await readEconomy()
  const from = Math.max(0, (store.economy?.seq ?? 0) - LOOK_BACK)
  store.last_seq = from
  stop = follow(from, take, (open) => {
    store.is_live = open
    changed()
  })
}
export function end(): void {
  stop?.()
  stop = null
  Object.assign(store, { economy: null, events: [], is_live: false, last_seq: 0 })
}

/** Runs `work` now and again at most once a second while events come; returns the way to end that. */
export function refreshing(work: () => Promise<void>, concerns: (event: EconomyEvent) => boolean = () => true): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  const run = (): void => {
    work().then(changed, (error: unknown) => say(error instanceof Error ? error.message : String(error)))
  }
  run()
  const off = onEvent((event) => {
    if (timer !== null || !concerns(event)) return
    timer = setTimeout(() => {
      timer = null
      run()
    }, 1000)
  })
  return () => {
    off()
    if (timer !== null) clearTimeout(timer)
  }
}
