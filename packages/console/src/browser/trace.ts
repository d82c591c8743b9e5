import type { EconomyEvent } from '@syntropism/contract'
import { type TemplateResult, html } from 'lit-html'
import { read } from './api.ts'
import { store } from './store.ts'

export const traceIdOf = (event: EconomyEvent): string => event.traceparent.split('-')[1] ?? ''

/** A trace's id, as a link into Phoenix where one is known. */
export function trace(id: string): TemplateResult {
  const base = store.who.phoenix_url
  const code = html`<code>${id}</code>`
  return base === undefined ? code : html`<a href="${base.replace(/\/+$/, '')}/redirects/traces/${id}" target="_blank" rel="noreferrer">${code} in Phoenix</a>`
}

/** Events around a sequence number, from the feed where it still has them. */
export async function eventsAround(seq: number, before: number, after: number): Promise<EconomyEvent[]> {
  const first = store.events[0]?.seq ?? Number.POSITIVE_INFINITY
  if (first <= seq - before) return store.events.filter((event) => event.seq >= seq - before && event.seq <= seq + after)
  return (await read<{ events: EconomyEvent[] }>(`/events?after_seq=${Math.max(0, seq - before - 1)}&limit=${Math.min(1000, before + after + 1)}`)).events
}
