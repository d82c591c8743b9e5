import type { EconomyEvent } from '@syntropism/contract'
import { LoginOver, Silence, type Who, follow, read } from './api.ts'

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
  /** Since when nobody answers, by this machine's clock; null while somebody does. */
  silent_since_ms: null as number | null,
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
/** Silence is shown for as long as it lasts, and the end of a login once, not as answers to something. */
function sayError(error: unknown): void {
  if (error instanceof LoginOver) return
  if (error instanceof Silence && store.who.role !== null) fallSilent()
  else say(error instanceof Error ? error.message : String(error))
}
function fallSilent(): void {
  store.is_live = false
  store.silent_since_ms ??= Date.now()
  changed()
}
/** Runs what a person asked for and says what came of it. */
export function attempt(work: () => Promise<string>): void {
  work().then(say, sayError)
}
/** Reads something in the background: shown when it is there, said when it fails. */
export function load(work: () => Promise<void>): void {
  work().then(changed, sayError)
}

type Listener = (event: EconomyEvent) => void
const listeners = new Set<Listener>()
export function onEvent(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What is read again when the economy answers after it did not. */
const backs = new Set<() => void>()

export async function readEconomy(): Promise<void> {
  store.economy = await read<Economy>('/economy')
  store.skew_ms = store.economy.at_ms - Date.now()
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
    if (!open) return fallSilent()
    if (store.silent_since_ms !== null) for (const listener of backs) listener()
    Object.assign(store, { is_live: true, silent_since_ms: null })
    changed()
  })
}
export function end(): void {
  stop?.()
  stop = null
  Object.assign(store, { economy: null, events: [], is_live: false, last_seq: 0, silent_since_ms: null })
}

const REFRESH_MS = 1000

/** Runs `work` now and again while events come, one at a time and at most once in `everyMs`; returns the way to end that. */
export function refreshing(work: () => Promise<void>, concerns: (event: EconomyEvent) => boolean = () => true, everyMs: number = REFRESH_MS): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  let busy = false
  let asked = false
  const wait = (): void => {
    timer ??= setTimeout(() => {
      timer = null
      run()
    }, everyMs)
  }
  const run = (): void => {
    busy = true
    asked = false
    work()
      .then(changed, sayError)
      .finally(() => {
        busy = false
        if (asked) wait()
      })
  }
  run()
  const ask = (): void => {
    if (timer !== null || asked) return
    if (busy) asked = true
    else wait()
  }
  const off = onEvent((event) => {
    if (concerns(event)) ask()
  })
  backs.add(ask)
  return () => {
    off()
    backs.delete(ask)
    asked = false
    if (timer !== null) clearTimeout(timer)
  }
}

/** Several things to end, as one. */
export const together =
  (...ends: readonly (() => void)[]): (() => void) =>
  () => {
    for (const stopOne of ends) stopOne()
  }
