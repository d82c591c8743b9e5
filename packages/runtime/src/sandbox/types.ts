/** What one run may use. Enforced by the driver, whatever the program does. */
export interface SandboxLimits {
  readonly duration_ms: number
  readonly cpu_millicores: number
  readonly memory_mb: number
  readonly processes_max: number
  /** Space and entries of the workspace. */
  readonly disk_mb: number
  readonly files_max: number
  /** Per process. */
  readonly open_files_max: number
}

export interface SandboxRun {
  readonly run_id: string
  readonly workspace_dir: string
  /** Program and arguments, e.g. ["node", "main.ts"]. */
  readonly command: readonly string[]
  /** The whole environment besides PATH, HOME and LANG. */
  readonly env: Readonly<Record<string, string>>
  readonly limits: SandboxLimits
  readonly service_url: string
  readonly service_socket_path: string
}

export type ExitCause = 'completed' | 'crashed' | 'wall_limit' | 'memory_limit' | 'process_limit' | 'disk_limit' | 'host_failure'

export interface SandboxExit {
  readonly cause: ExitCause
  readonly exit_code: number | null
  readonly elapsed_ms: number
  /** User and system time of every process of the run, the start of its sandbox included. */
  readonly cpu_ms: number
  /** Most memory that the run occupied at once, as its limit counts it: what the kernel charged to its control group, or anonymous and shared memory of its processes where there is none. */
  readonly memory_peak_mb: number
  readonly memory_mb_ms: number
  /** Last 4 KiB of what the program wrote. */
  readonly output_tail: string
  readonly detail: string
}

/** The exit of a run that the host could not start or follow: nothing was used. */
export const hostFailure = (detail: string): SandboxExit => ({
  cause: 'host_failure',
  cpu_ms: 0,
  detail,
  elapsed_ms: 0,
  exit_code: null,
  memory_mb_ms: 0,
  memory_peak_mb: 0,
  output_tail: '',
})

export interface SandboxProcess {
  readonly pid: number
  readonly exit: Promise<SandboxExit>
  /** Ends the run with the host as cause. */
  stop(reason: string): void
}

export interface SandboxOptions {
  /** Lets programs other than Node run without bubblewrap: then nothing but limits holds them. */
  readonly allow_weak: boolean
  readonly state_dir: string
  /** Folder whose node_modules holds the agent SDK. */
  readonly library_dir: string
  /** Folders of the host that programs may read under their own names, where a rung shows them nothing of it. */
  readonly read_only?: readonly string[]
}

export interface Protection {
  readonly name: string
  readonly active: boolean
  readonly how: string
}

export interface SandboxDriver {
  readonly name: string
  readonly protections: readonly Protection[]
  /** Rejects with SandboxError when the program cannot be started: the host's fault unless the workspace is unsafe. */
  start(run: SandboxRun): Promise<SandboxProcess>
  close(): Promise<void>
}

/** A run that was not started, and whose fault that is: the command's, the workspace's, or the host's. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  readonly code: 'command_refused' | 'end_unknown' | 'start_failed' | 'workspace_unsafe'
  constructor(code: SandboxError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
