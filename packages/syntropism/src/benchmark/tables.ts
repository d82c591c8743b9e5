import type { Comparison, ItemFigures, TrialResult, summarise } from '@syntropism/benchmark/run'
import { table } from '../terminal/format.ts'

type Figures = ReturnType<typeof summarise>
const share = (value: number): string => value.toFixed(2)

/** What model judges said of an item: mean score from 1 to 5, and how many trials reached the threshold. */
export const judgeCell = ({ judge }: ItemFigures): string =>
  judge === null ? 'none' : judge.mean_score === null ? 'not judged' : `${judge.mean_score.toFixed(2)} (${judge.passes}/${judge.judged})`

/** What the interval of a whole run is drawn from. */
export const seedsOf = ({ seeds }: Figures['whole']): string => (seeds > 1 ? `${seeds} seeds` : 'the items of one seed')

/** One line for each item: how often it was passed, the interval, and what k trials come to. */
export function scoreTable(agent: string, { agreement, items, variance, whole }: Figures): string {
  const last = (values: readonly number[]): string => (values.length === 0 ? '-' : share(values.at(-1) as number))
  const rows = items.map((item) => [
    item.item,
    `${item.passes}/${item.epochs}`,
    share(item.score),
    `${share(item.interval.low)}–${share(item.interval.high)}`,
    `k=${item.epochs}: ${last(item.pass_at)}`,
    `k=${item.epochs}: ${last(item.pass_hat)}`,
    judgeCell(item),
    item.errors === 0 ? '' : String(item.errors),
  ])
  return [
    table([['item', 'passed', 'score', '95 % interval', 'pass@k', 'pass^k', 'model judge', 'not judged'], ...rows]),
    `${agent}: ${share(whole.score)} (95 % interval ${share(whole.low)}–${share(whole.high)} over ${seedsOf(whole)}).`,
    ...(variance === null ? [] : [`Variance of a verdict, mean over items: agent ${variance.agent.toFixed(4)}, world ${variance.world.toFixed(4)}.`]),
    ...(agreement === null
      ? []
      : [
          `Judges: Krippendorff's alpha ${agreement.alpha === null ? 'not defined (their scores do not vary)' : agreement.alpha.toFixed(3)}; variance of a world's score between judges ${agreement.variance.toFixed(4)}.`,
        ]),
    'pass@k: chance that one of k trials passes; pass^k: that all k pass; both from the trials run, without putting back.',
  ].join('\n')
}

const XML: Readonly<Record<string, string>> = { '"': '&quot;', '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** Text that may stand in XML and HTML. */
export const escaped = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- XML 1.0 has no way to write these characters
  text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F]/gu, '\uFFFD').replace(/["&<>]/gu, (mark) => XML[mark] ?? mark)

/** The trials as JUnit XML: a suite for each item, a case for each run of a seed. */
export function junitOf(agent: string, trials: readonly TrialResult[]): string {
  const ids = [...new Set(trials.map((trial) => trial.item))]
  const suites = ids.map((id) => {
    const of = trials.filter((trial) => trial.item === id)
    const cases = of.map((trial) => {
      const lines = trial.variants.flatMap((variant) =>
        variant.failures.map((one) => `world ${variant.index} (${variant.condition}): ${one.rule}: expected ${one.expected}; got ${one.got}`),
      )
      const inside =
        trial.error !== null
          ? `<error message="${escaped(trial.error)}"/>`
          : trial.pass
            ? ''
            : `<failure message="${escaped(lines[0] ?? 'not passed')}">${escaped(lines.join('\n'))}</failure>`
      return `    <testcase classname="${escaped(id)}" name="seed ${trial.seed}, run ${trial.repeat}">${inside}</testcase>`
    })
    const failures = of.filter((trial) => trial.error === null && !trial.pass).length
    const errors = of.filter((trial) => trial.error !== null).length
    return `  <testsuite name="${escaped(id)}" tests="${of.length}" failures="${failures}" errors="${errors}">\n${cases.join('\n')}\n  </testsuite>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escaped(agent)}">\n${suites.join('\n')}\n</testsuites>\n`
}

/** A comparison as a table and a sentence. */
export const comparisonTable = (result: Comparison, names: readonly [string, string]): string =>
  [
    table([['item', 'pairs', ...names], ...result.items.map((one) => [one.item, String(one.pairs), share(one.score_a), share(one.score_b)])]),
    `Is ${names[0]} better than ${names[1]}? ${result.answer}`,
    `Difference ${share(result.difference)}, 95 % interval ${share(result.interval.low)} to ${share(result.interval.high)}.`,
  ].join('\n')
