import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunResult, UsageError } from '../index.ts'
import { makeFolder } from './folder.ts'
import { type Point, type SweepSpec, pointsOf } from './plan.ts'

/** One run of a sweep with its outcome; `missing` when the sweep was stopped before it. */
export interface Outcome {
  readonly point: Point
  readonly status: 'done' | 'failed' | 'missing'
  readonly result: RunResult | null
  readonly error: string
}

const nameOf = (index: number): string => `${String(index).padStart(6, '0')}.json`

/** A folder that keeps every finished run, so that a stopped sweep goes on where it was. */
export class SweepFolder {
  readonly path: string
  private readonly spec: SweepSpec

  /** Opens a new or, with `resume`, a begun folder. Throws UsageError when it holds another sweep, or is begun and not to be resumed. */
  constructor(path: string, spec: SweepSpec, resume: boolean) {
    this.path = path
    this.spec = spec
    const file = join(path, 'sweep.json')
    const text = `${JSON.stringify(spec)}\n`
    if (existsSync(file)) {
      if (readFileSync(file, 'utf8') !== text) throw new UsageError(`${path} holds another sweep; name another folder with --out`)
      if (!resume) throw new UsageError(`${path} holds this sweep already; go on with --resume, or name another folder with --out`)
    }
    makeFolder(join(path, 'runs'))
    writeFileSync(file, text)
  }

  /** Keeps a run. The file appears whole or not at all. */
  keep(point: Point, text: string): void {
    const file = join(this.path, 'runs', nameOf(point.index))
    writeFileSync(`${file}.part`, text)
    renameSync(`${file}.part`, file)
  }

  /** Points that have no good run yet: those not begun and those that failed. */
  open(): Point[] {
    return this.outcomes()
      .filter((outcome) => outcome.status !== 'done')
      .map((outcome) => outcome.point)
  }

  outcomes(): Outcome[] {
    const there = new Set(readdirSync(join(this.path, 'runs')))
    return pointsOf(this.spec).map((point) => {
      if (!there.has(nameOf(point.index))) return { error: '', point, result: null, status: 'missing' }
      const kept = JSON.parse(readFileSync(join(this.path, 'runs', nameOf(point.index)), 'utf8')) as { error?: string; result?: RunResult }
      return kept.result === undefined
        ? { error: kept.error ?? '', point, result: null, status: 'failed' }
        : { error: '', point, result: kept.result, status: 'done' }
    })
  }
}
