import { type Scenario, drawVariants } from '../scenario/index.ts'
import { RunError } from './folder.ts'
import { type TrialResult, type VariantResult, judgeRecord } from './trial.ts'

/** Judges a kept trial again by the rules of its item as they are now. Nothing is run; a trial that was not judged stays so. Throws RunError when its item, or one of its worlds, is missing. */
export async function rescore(trial: TrialResult, items: readonly Scenario[]): Promise<TrialResult> {
  const item = items.find((one) => one.id === trial.item)
  if (item === undefined) throw new RunError(`the run has trials of ${trial.item}, which is none of the items; name its folder with --scenarios`)
  if (trial.error !== null) return trial
  const drawn = await drawVariants(item, trial.seed)
  const variants: VariantResult[] = []
  for (const variant of trial.variants) {
    const world = drawn[variant.index]
    if (world === undefined)
      throw new RunError(`${trial.item} has the worlds 0 to ${drawn.length - 1} now; the trial of seed ${trial.seed} has world ${variant.index}`)
    variants.push({ ...variant, condition: world.condition, failures: await judgeRecord(world, variant.record) })
  }
  const pass = variants.length === drawn.length && variants.every((variant) => variant.failures.length === 0)
  return { ...trial, judge: item.judge === null ? 'none' : 'not judged', pass, variants }
}
