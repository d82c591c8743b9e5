import { performance } from 'node:perf_hooks'
import { reasonOf } from '../ports/index.ts'
import { type ExitCause, type SandboxDriver, SandboxError, type SandboxExit, type SandboxRun } from './types.ts'

const NOTHING_MEASURED = { cpu_ms: 0, memory_mb_ms: 0, memory_peak_mb: 0, output_tail: '' } as const

/** A strategy of the house: what it may do is what this process may do. */
export type TrustedStrategy = (run: SandboxRun, signal: AbortSignal) => Promise<void>

/** Runs strategies that are part of this program, for a command of the form ["strategy", name]. Holds nothing but the wall time, and that only of one that heeds its signal. */
export function openInProcessDriver(strategies: Readonly<Record<string, TrustedStrategy>>): SandboxDriver {
  return {
    close: async () => undefined,
    name: 'in-process (trusted)',
    protections: [
      { active: false, how: 'part of this process', name: 'files' },
      { active: false, how: 'part of this process', name: 'programs' },
      { active: false, how: 'part of this process', name: 'system calls' },
      { active: false, how: 'part of this process', name: 'network' },
      { active: false, how: 'not measured', name: 'memory' },
      { active: false, how: 'not measured', name: 'cpu share' },
      { active: false, how: 'not counted', name: 'disk' },
      { active: true, how: 'the run ends for the economy when its window is over; the strategy is told by its signal', name: 'wall time' },
    ],
    async start(run) {
      const [kind, name = ''] = run.command
      const strategy = strategies[name]
      if (kind !== 'strategy' || strategy === undefined)
        throw new SandboxError(
          'command_refused',
          `"${run.command.join(' ')}" is no strategy of this process: ["strategy", one of ${Object.keys(strategies).join(', ')}]`,
        )
      const startedAt = performance.now()
      const abort = new AbortController()
      let stop: (reason: string) => void = () => undefined
      const exit = new Promise<SandboxExit>((done) => {
        const end = (cause: ExitCause, detail: string): void => {
          abort.abort(new Error(detail))
          clearTimeout(wall)
          const elapsed_ms = Math.round(performance.now() - startedAt)
          done({ ...NOTHING_MEASURED, cause, detail, elapsed_ms, exit_code: cause === 'completed' ? 0 : null })
        }
        const wall = setTimeout(() => end('wall_limit', `the window of ${run.limits.duration_ms} ms is over`), run.limits.duration_ms)
        stop = (reason) => end('host_failure', reason)
        strategy(run, abort.signal).then(
          () => end('completed', ''),
          (error: unknown) => end('crashed', reasonOf(error)),
        )
      })
      return { exit, pid: process.pid, stop }
    },
  }
}
