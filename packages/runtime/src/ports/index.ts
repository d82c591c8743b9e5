import type { Command, EconomyEvent, Solution } from '@syntropism/contract'
import type { Posting, State, WinnerProblem } from '@syntropism/economy'

/** One journal record: commands carried out together, and what came of them. */
export interface Batch {
  readonly number: number
  readonly commands: readonly Command[]
  readonly events: readonly EconomyEvent[]
  /** Ids of the commands that took effect: never to be used again. */
  readonly ids: readonly CommandId[]
  readonly postings: readonly Posting[]
}

/** A record as it is kept: the exact bytes that its hash covers. */
export interface StoredBatch {
  readonly number: number
  readonly commands_json: string
  readonly events_json: string
  readonly previous_hash: string
  readonly hash: string
}

/** Whether a writer answers at once or later is its own affair. */
export type Maybe<T> = T | Promise<T>

/** An id under which an owner sent a command. */
export interface CommandId {
  readonly id: string
  readonly owner: string
}

/** The system of record. Every method throws JournalError; after a failed `commit` the state in memory must not be used any more. */
export interface Journal {
  /** Number of the last record, 0 when there is none. */
  readonly last_number: number
  /** How many command ids were ever used. */
  readonly ids_count: number
  /** Writes one record with its read-model rows in a single durable transaction; done once it is durable. `state` is the state after it. */
  commit(batch: Batch, state: State): Maybe<void>
  /** Records after `number`, in order. */
  read(afterNumber: number): AsyncIterable<StoredBatch>
  /** For each id, in their order: the number of the record in which its owner used it before, or null. */
  findCommandIds(ids: readonly CommandId[]): Maybe<readonly (number | null)[]>
  saveSnapshot(number: number, text: string): Maybe<void>
  /** The newest snapshot; with a number, the newest of a record before that one. */
  latestSnapshot(beforeNumber?: number): Maybe<{ readonly number: number; readonly text: string } | null>
  /** Number of the record that reaches a moment: it holds the event with that sequence number, or is the first with anything later than that time. Null when none does. */
  recordReaching(moment: Moment): Maybe<number | null>
  /** The way to make the read models anew. */
  rewriteReadModels(): ReadModelRewrite
  close(): Maybe<void>
}

/** Makes the read models anew, in one transaction: until `finish` everyone sees the old ones. */
export interface ReadModelRewrite {
  /** Takes every row away. */
  begin(): Maybe<void>
  /** Writes what one record changes; `state` is the state after it. */
  write(batch: Batch, state: State): Maybe<void>
  finish(): Maybe<void>
  /** Leaves the read models as they were. */
  abandon(): Maybe<void>
}

/** Where the hashes of the long-lived tokens are kept, as JSON. */
export interface TokenShelf {
  /** Null before anything was written. */
  read(): Maybe<string | null>
  /** Replaces what is kept. */
  write(tokens: string): Maybe<void>
}

/** A moment of an economy's past: that of an event, by its sequence number, or a time in milliseconds since the Unix epoch. */
export type Moment = { readonly seq: number } | { readonly at_ms: number }

/** A moment that a journal does not know. */
export class MomentError extends Error {
  override readonly name = 'MomentError'
  readonly code: 'before_beginning' | 'beyond_end'
  constructor(code: MomentError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** What went wrong with the system of record. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code: 'corrupt' | 'deposed' | 'locked' | 'unavailable'
  constructor(code: JournalError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Finds the winners of a clearing under the mechanism `exact`, outside of the economy. */
export interface ClearingSolver {
  /** Winners with their executors and what was proven of them; null when nothing came within the limit. Rejects when it could not go on at all. */
  solve(problem: WinnerProblem, options: { readonly for_vcg: boolean; readonly time_limit_ms: number }): Promise<Solution | null>
  close(): Promise<void>
}

/** Economy time in milliseconds: never runs back. */
export interface Clock {
  now(): number
}

/** What went into a model's call and came out of it, as far as it may be shown. Kept out of the journal; on spans, masked when told to. */
export interface LlmContent {
  readonly input_messages?: readonly LlmMessage[]
  readonly output_messages?: readonly LlmMessage[]
  readonly invocation_parameters?: Readonly<Record<string, unknown>>
  /** Definitions of the tools that the model was offered, each as JSON. */
  readonly tools?: readonly Readonly<Record<string, unknown>>[]
}
export interface LlmMessage {
  readonly role: string
  readonly content: string
  readonly tool_calls?: readonly { readonly id: string; readonly name: string; readonly arguments_json: string }[]
}

/** Trace contexts (W3C `traceparent` texts), as the host and its doors need them. */
export interface Tracing {
  /** Context for a command that came without one: the root of a trace. */
  begin(): string
  /** Context of a call made by a program in the window whose context is `window`; its parent is `caller`, the context that the call came with. */
  call(caller: string, window: string): string
  /** Takes a context over from outside: its span is in nobody's journal here. */
  adopt(traceparent: string): string
  /** Says what a model's call is about, before it is settled; may be said in parts. */
  describeCall(callId: string, content: LlmContent): void
}

/** What one turn of the host cost, for the meters. */
export interface TurnFigures {
  readonly commands: number
  readonly events: number
  readonly commit_ms: number
  /** Time of each clearing beat among them. */
  readonly beats_ms: readonly number[]
}

/** Where committed events go. */
export interface Bus {
  publish(events: readonly EconomyEvent[]): void
  subscribe(listener: (event: EconomyEvent) => void): () => void
}

/** One state of a workspace. */
export interface WorkspaceCommit {
  readonly commit: string
  readonly at_ms: number
  readonly message: string
}

/** A roll-back that cannot be made. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError'
  readonly code: 'commit_unknown' | 'running'
  constructor(code: HistoryError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** A file that one state of a workspace made, changed or removed. */
export interface FileChange {
  readonly change: 'added' | 'changed' | 'removed'
  readonly path: string
  /** Differences of lines as a unified patch; null for what is no text, or too much of it. */
  readonly patch: string | null
}

/** Former states of workspaces, and the way back to one. */
export interface WorkspaceHistory {
  /** What a state changed; throws HistoryError. */
  changes(agentId: string, commit: string): Promise<readonly FileChange[]>
  /** States, newest first. */
  log(agentId: string, limit: number): Promise<WorkspaceCommit[]>
  /** Puts a former state back and returns the new commit; throws HistoryError. */
  rollBack(agentId: string, commit: string): Promise<string>
}

/** Retention, limits and copies of what the message server keeps. 0 is without limit. */
export interface StreamSettings {
  readonly dead_letters_age_ms_max: number
  /** How long the server recognises a repeated event id. */
  readonly duplicate_window_ms: number
  readonly events_age_ms_max: number
  readonly events_bytes_max: number
  readonly replicas: number
  /** Work older than this is gone, done or not. */
  readonly work_age_ms_max: number
  /** Room of each queue's stream; a full one refuses new work. */
  readonly work_bytes_max: number
  /** How often a piece of work is handed out before it is put aside. */
  readonly work_deliveries_max: number
  /** First pause before work that failed is handed out again; it doubles with every failure. */
  readonly work_pause_ms: number
  /** Silence of a taker after which its work is handed out again. */
  readonly work_silence_ms: number
}

export { reasonOf } from './reason.ts'
export {
  type DeadLetter,
  type NewWork,
  type TakeOptions,
  type WorkFigures,
  type WorkItem,
  type WorkQueue,
  WorkQueueError,
  type WorkQueueSettings,
  pauseAfter,
} from './work-queue.ts'
