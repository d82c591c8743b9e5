/** One event as rules see it: any envelope with a type, a time and data. */
export interface LoggedEvent {
  readonly agent_id: string
  readonly at_ms: number
  readonly data: Readonly<Record<string, unknown>>
  readonly seq: number
  readonly type: string
}

/** What one run left behind. */
export interface RunRecord {
  readonly agent_id: string
  readonly events: readonly LoggedEvent[]
  /** State at the end, by path. */
  readonly final_state: Readonly<Record<string, unknown>>
  /** By metric: what the given version and the agent's version measured in each trial; more is better. */
  readonly measurements: Readonly<Record<string, readonly { readonly after: number; readonly before: number }[]>>
  /** What was handed in with output.submit; undefined when nothing was. */
  readonly output: unknown
}

/** One reason why a run fails. `seq` is the event it is about, null when there is none. */
export interface Failure {
  readonly expected: string
  readonly got: string
  readonly rule: string
  readonly seq: number | null
}

export type Labels = ReadonlyMap<string, LoggedEvent>

/** The member that a dotted path leads to; undefined when there is none. */
export function memberAt(value: unknown, path: string): unknown {
  let at = value
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<string, unknown>)[part]
  }
  return at
}

export const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`
}
