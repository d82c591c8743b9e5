import { setTimeout as wait } from 'node:timers/promises'
import { ConfigError, type StoredSpan, type TraceCheck, checkTraces, readPhoenixSpans, readSpansFile } from '@syntropism/runtime'
import { eventsOf, projectOf } from '../inspect/journal-events.ts'
import { type LocalFlags, openLocal, print } from '../terminal/local.ts'

export interface TraceCheckFlags extends LocalFlags {
  readonly after: number
  readonly phoenix?: string
  readonly sampled?: boolean
  readonly spans?: string
  readonly wait: number
}

const SHOWN_MAX = 10
const POLL_MS = 1000

const isComplete = (check: TraceCheck, postingsUntraced: number): boolean =>
  postingsUntraced === 0 &&
  [check.events_untraced, check.events_without_span, check.orphans, check.spans_without_event, check.split_traces].every((list) => list.length === 0)

function lines(check: TraceCheck, postingsUntraced: number): string {
  const list = (title: string, found: readonly string[]): string[] => [
    `${String(found.length).padStart(8)}  ${title}`,
    ...found.slice(0, SHOWN_MAX).map((one) => `            ${one}`),
    ...(found.length > SHOWN_MAX ? [`            … and ${found.length - SHOWN_MAX} more`] : []),
  ]
  return [
    `${check.events} events, ${check.spans} spans in ${check.traces} traces${check.repeated > 0 ? `, ${check.repeated} stored again` : ''}`,
    ...list('events that name no trace', check.events_untraced),
    `${String(postingsUntraced).padStart(8)}  postings that name no trace`,
    ...list('events without a span', check.events_without_span),
    ...list('spans without their event', check.spans_without_event),
    ...list('orphans: spans whose parent is not stored', check.orphans),
    ...list('traces with more than one root', check.split_traces),
    ...(check.events_not_sampled > 0 ? [`${String(check.events_not_sampled).padStart(8)}  events of traces that were sampled away`] : []),
  ].join('\n')
}

/** Walks a run: every event against the spans that tell of it, every span against its parent. Ends with 1 when something is missing. */
export async function runTraceCheck(flags: TraceCheckFlags): Promise<void> {
  const { queries } = await openLocal(flags)
  const { phoenix, spans: file } = flags
  if ((file === undefined) === (phoenix === undefined)) throw new ConfigError('name where the spans are: either --spans <file> or --phoenix <url>')
  const read = async (): Promise<StoredSpan[]> => (file === undefined ? readPhoenixSpans(phoenix as string, await projectOf(queries)) : readSpansFile(file))
  const bare = await queries
    .selectFrom('postings')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('traceparent', '=', '')
    .where('seq', '>', flags.after)
    .executeTakeFirstOrThrow()
  const postingsUntraced = Number(bare.count)
  const until = Date.now() + flags.wait * 1000
  let check = await checkTraces(eventsOf(queries, flags.after), await read(), flags.sampled === true)
  while (!isComplete(check, postingsUntraced) && Date.now() < until) {
    await wait(POLL_MS)
    check = await checkTraces(eventsOf(queries, flags.after), await read(), flags.sampled === true)
  }
  const ok = isComplete(check, postingsUntraced)
  print(flags, { ...check, ok, postings_untraced: postingsUntraced }, () => `${lines(check, postingsUntraced)}\n${ok ? 'Complete.' : 'Not complete.'}`)
  process.exitCode = ok ? 0 : 1
}
