import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '@syntropism/simulation'
import { type SweepResult, type SweepSpec, readGridKey, readSeeds, sweep } from '@syntropism/simulation/node'
import { table } from '../terminal/format.ts'
import { natsOf } from '../nats/commands.ts'
import { PROGRESS_EVERY_MS, progressLine } from '../terminal/progress.ts'
import { RUN_SOLVER } from '../lab/run-solver.ts'
import { settings } from '../terminal/settings.ts'

export interface SweepFlags {
  readonly activation?: string
  readonly agents?: number
  readonly creds?: string
  readonly grid?: readonly string[]
  readonly json?: boolean
  readonly nats?: string
  readonly observeEvery?: number
  readonly out?: string
  readonly resume?: boolean
  readonly seeds: string
  readonly set?: readonly string[]
  readonly steps?: number
  readonly time?: string
  readonly workers?: number
}

function specOf(model: string, flags: SweepFlags): SweepSpec {
  const own = { activation: flags.activation, agents: flags.agents, observe_every: flags.observeEvery, steps: flags.steps, time: flags.time }
  const chosen = Object.entries(own).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as const]))
  const keys = (flags.grid ?? []).map(readGridKey)
  if (new Set(keys.map(([key]) => key)).size !== keys.length) throw new UsageError('a key of the grid is named once, with all its values')
  const fixed = { ...Object.fromEntries(chosen), ...settings(flags.set ?? []) }
  const twice = keys.find(([key]) => Object.hasOwn(fixed, key))?.[0]
  if (twice !== undefined) throw new UsageError(`${twice} is in the grid and the same for all runs as well: name it once`)
  return {
    fixed,
    grid: Object.fromEntries(keys),
    model: existsSync(model) ? resolve(model) : model,
    seeds: readSeeds(flags.seeds),
  }
}

/** Columns of a terminal that one figure takes, and the choice with the number of its runs; where nobody looks there is room for eight. */
const [FIGURE_WIDTH, CHOICE_WIDTH, NOWHERE_WIDTH] = [22, 40, 216]

/** Figures that differ between groups or seeds, the model's own first, as many as a terminal shows. */
function summary({ groups, outcomes }: SweepResult): string {
  const shown = Math.max(3, Math.floor(((process.stdout.columns ?? NOWHERE_WIDTH) - CHOICE_WIDTH) / FIGURE_WIDTH))
  const names = Object.keys(groups.find((group) => group.runs > 0)?.figures ?? {})
    .filter((name) => groups.some((group) => (group.figures[name]?.half_width ?? 0) > 0))
    .slice(0, shown)
  const rows = groups.map((group) => [
    group.label,
    String(group.runs),
    ...names.map((name) => `${group.figures[name]?.mean.toPrecision(5) ?? ''} ± ${group.figures[name]?.half_width.toPrecision(2) ?? ''}`),
  ])
  const failures = outcomes
    .filter((outcome) => outcome.status === 'failed')
    .map((outcome) => `failed: run ${outcome.point.index}, seed ${outcome.point.seed}: ${outcome.error}`)
  return [table([['choice', 'runs', ...names], ...rows]), ...failures].join('\n')
}

/** A drawing of the progress for a terminal, or a line now and then elsewhere. */
function progressOn(stream: NodeJS.WriteStream): { draw(done: number, all: number): void; end(): void } {
  const began = performance.now()
  let drawn = -Infinity
  return {
    draw(done, all) {
      const now = performance.now()
      if (now - drawn < (stream.isTTY ? PROGRESS_EVERY_MS : 10_000) && done < all) return
      drawn = now
      const line = progressLine(done, Math.max(1, all), now - began, `${((done * 1000) / Math.max(1, now - began)).toFixed(1)} runs/s`)
      stream.write(stream.isTTY ? `\r${line}\u001B[K` : `${line}\n`)
    },
    end() {
      if (stream.isTTY) stream.write('\r\u001B[K')
    },
  }
}

/** `syntropism sweep <model>`. Exit code 0, 1 when a run failed, 130 when it was stopped. */
export async function runSweep(model: string, flags: SweepFlags): Promise<void> {
  const spec = specOf(model, flags)
  const folder = resolve(flags.out ?? `sweep-${model.replace(/.*[/\\]|\.[cm]?[jt]s$/g, '')}`)
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const shown = flags.json === true ? null : progressOn(process.stderr)
  const result = await sweep({
    ...(flags.nats === undefined ? {} : { carryOut: (await import('./sweep-nats.ts')).onWorkers(natsOf(flags), (text) => console.error(text)) }),
    folder,
    progress: (done, all) => shown?.draw(done, all),
    resume: flags.resume === true,
    signal: stopping.signal,
    solver: RUN_SOLVER,
    spec,
    workers: flags.workers ?? 0,
  })
  shown?.end()
  process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop)
  const count = (status: string): number => result.outcomes.filter((outcome) => outcome.status === status).length
  const counts = { done: count('done'), failed: count('failed'), missing: count('missing') }
  console.log(
    flags.json === true
      ? JSON.stringify({
          ...counts,
          failures: result.outcomes.filter((outcome) => outcome.status === 'failed').map(({ error, point }) => ({ ...point, error })),
          groups: result.groups.map(({ failed, figures, label, runs }) => ({ failed, figures, label, runs })),
          out: folder,
        })
      : `${summary(result)}\n${counts.done} of ${result.outcomes.length} runs done, ${counts.failed} failed; results in ${join(folder, 'report.html')}`,
  )
  if (counts.failed > 0) process.exitCode = 1
  if (!stopping.signal.aborted || counts.missing === 0) return
  console.error(`stopped with ${counts.missing} runs to do; the same command with --resume goes on`)
  process.exitCode = 130
}
