import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type WorkQueue, reasonOf } from '../ports/index.ts'
import { type SandboxDriver, SandboxError, type SandboxExit, type SandboxProcess, type SandboxRun, hostFailure } from '../sandbox/index.ts'
import { packFolder, unpackFolder } from './pack.ts'
import type { Join, Receipt } from './protocol.ts'

/** A run must be taken within this; the economy waits five seconds for a window's start. */
const CLAIM_MS = 4000
/** A run that was told to stop must have reported within this. */
const STOP_MS = 3000

interface Open {
  readonly run: SandboxRun
  claimed: boolean
  stop_reason: string | null
  granted(): void
  end(exit: SandboxExit): void
}

/** The sandbox of another host, as the engine sees it. A run is queued, claimed once, and ends with its receipt or with the loss of its executor. */
export class RemoteSandbox implements SandboxDriver {
  readonly name: string
  readonly protections: SandboxDriver['protections']
  readonly member: string
  readonly #queue: WorkQueue
  readonly #open = new Map<string, Open>()
  lastHeardMs: number

  constructor(queue: WorkQueue, executorId: string, join: Join, nowMs: number) {
    this.#queue = queue
    this.member = join.member
    this.name = `${join.sandbox} on ${executorId}`
    this.protections = join.protections
    this.lastHeardMs = nowMs
  }

  async start(run: SandboxRun): Promise<SandboxProcess> {
    const fence = randomUUID()
    const { command, env, limits, run_id } = run
    const data = new TextEncoder().encode(JSON.stringify({ command, env, fence, limits, run_id, workspace: packFolder(run.workspace_dir) }))
    let granted: () => void = () => undefined
    const claimed = new Promise<void>((done) => (granted = done))
    let end: (exit: SandboxExit) => void = () => undefined
    const exit = new Promise<SandboxExit>((done) => (end = done))
    const open: Open = {
      claimed: false,
      end: (how) => {
        this.#open.delete(fence)
        end(how)
      },
      granted,
      run,
      stop_reason: null,
    }
    this.#open.set(fence, open)
    const timer = setTimeout(() => !open.claimed && open.end(hostFailure('no executor took the run in time')), CLAIM_MS)
    try {
      await this.#queue.add({ data, id: fence, traceparent: env.TRACEPARENT })
      const early = await Promise.race([claimed.then(() => null), exit])
      if (early !== null) throw new SandboxError('start_failed', early.detail)
    } finally {
      clearTimeout(timer)
      if (!open.claimed) this.#open.delete(fence)
    }
    return { exit, pid: 0, stop: (reason) => this.#stop(open, reason) }
  }

  #stop(open: Open, reason: string): void {
    open.stop_reason ??= reason
    setTimeout(() => open.end(hostFailure(`${reason}; its executor did not answer`)), STOP_MS)
  }

  /** The first claim of an open run by the executor's own process is granted, every other refused. */
  claim(fence: string, member: string): boolean {
    const open = this.#open.get(fence)
    if (open === undefined || open.claimed || member !== this.member) return false
    open.claimed = true
    open.granted()
    return true
  }

  /** Runs that the executor has and should not have, with the reason. */
  beat(fences: readonly string[]): { fence: string; reason: string }[] {
    return fences.flatMap((fence) => {
      const open = this.#open.get(fence)
      const reason = open === undefined ? 'the run is over' : open.stop_reason
      return reason === null ? [] : [{ fence, reason }]
    })
  }

  /** Takes a receipt; false when it is of no open run: it then has no effect. */
  receive({ exit, fence, member, workspace }: Receipt): boolean {
    const open = this.#open.get(fence)
    if (open?.claimed !== true || member !== this.member) return false
    let detail = exit.detail
    if (existsSync(open.run.workspace_dir)) {
      if (workspace === null) detail = `${detail}\nthe workspace was too large to bring back: it stays as it was`.trim()
      else
        try {
          unpackFolder(workspace, open.run.workspace_dir)
        } catch (error) {
          detail = `${detail}\nthe workspace could not be brought back: ${reasonOf(error)}`.trim()
        }
    }
    open.end({ ...exit, detail })
    return true
  }

  /** Ends everything with the host as cause. */
  lost(reason: string): void {
    for (const open of [...this.#open.values()]) open.end(hostFailure(reason))
  }

  async close(): Promise<void> {
    this.lost('the executor has left')
  }
}
