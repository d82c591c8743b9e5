import { z } from 'zod'
import { type Rules, evaluate } from '../scenario/index.ts'
import { unmet, unmetIn } from './condition.ts'
import { type Failure, type Labels, type LoggedEvent, type RunRecord, memberAt, shown } from './record.ts'
import { type ByType, matchSequence } from './sequence.ts'
import { bootstrapInterval, permutationTest, slopeOf } from './statistics.ts'

const NONE: Labels = new Map()
const numberAt = (event: LoggedEvent, name: string): number => (typeof event.data[name] === 'number' ? (event.data[name] as number) : 0)
const spentIn = (record: RunRecord, event: LoggedEvent): number =>
  event.data.from_agent === record.agent_id && event.data.to_agent !== record.agent_id ? numberAt(event, 'amount') : 0
const earnedIn = (record: RunRecord, event: LoggedEvent): number =>
  event.data.to_agent === record.agent_id && event.data.from_agent !== record.agent_id ? numberAt(event, 'amount') : 0

function checkForbidden(rules: Rules, byType: ByType, labels: Labels): Failure[] {
  return (rules.forbidden ?? []).flatMap((pattern) => {
    const from = pattern.after === undefined ? -Infinity : (labels.get(pattern.after)?.seq ?? Infinity)
    const until = pattern.before === undefined ? Infinity : (labels.get(pattern.before)?.seq ?? Infinity)
    const scope = [pattern.after === undefined ? '' : ` after ${pattern.after}`, pattern.before === undefined ? '' : ` before ${pattern.before}`].join('')
    return (byType.get(pattern.type) ?? [])
      .filter((event) => event.seq > from && event.seq < until && unmetIn(pattern.where, event, labels) === null)
      .map((event) => ({ expected: `no ${pattern.type}${scope}`, got: shown(event.data), rule: 'forbidden', seq: event.seq }))
  })
}

const checkData = (rules: Rules, byType: ByType, labels: Labels): Failure[] =>
  (rules.data ?? []).flatMap((pattern) =>
    (byType.get(pattern.type) ?? []).flatMap((event) => {
      const miss = unmetIn(pattern.where, event, labels)
      return miss === null ? [] : [{ expected: `every ${pattern.type} with ${miss.expected}`, got: miss.got, rule: 'data', seq: event.seq }]
    }),
  )

/** What the run used, from the log alone. */
export function usageOf(record: RunRecord, byType: ByType): Readonly<Record<keyof NonNullable<Rules['limits']>, number>> {
  const receipts = (byType.get('execution_terminated') ?? []).filter((event) => event.data.agent_id === record.agent_id)
  const own = record.events.filter((event) => event.agent_id === record.agent_id)
  return {
    calls: (byType.get('tool_call_initiated') ?? []).filter((event) => event.agent_id === record.agent_id).length,
    cost_micro_usd: receipts.reduce((sum, event) => sum + numberAt(event, 'spend_micro_usd'), 0),
    credits_spent: (byType.get('credits_transferred') ?? []).reduce((sum, event) => sum + spentIn(record, event), 0),
    duration_ms: (own.at(-1)?.at_ms ?? 0) - (own[0]?.at_ms ?? 0),
    tokens: receipts.reduce((sum, event) => sum + numberAt(event, 'tokens'), 0),
  }
}

function checkLimits(rules: Rules, record: RunRecord, byType: ByType): Failure[] {
  if (rules.limits === undefined) return []
  const used = usageOf(record, byType)
  return Object.entries(rules.limits).flatMap(([name, condition]) => {
    const value = used[name as keyof typeof used]
    const expected = condition === undefined ? null : unmet(condition, value, NONE)
    return expected === null ? [] : [{ expected: `${name} ${expected}`, got: `${name} ${value}`, rule: 'limits', seq: null }]
  })
}

const checkFinal = (rules: Rules, record: RunRecord): Failure[] =>
  (rules.final_state ?? []).flatMap(({ condition, path }) => {
    const value = path in record.final_state ? record.final_state[path] : memberAt(record.final_state, path)
    const expected = unmet(condition, value, NONE)
    return expected === null ? [] : [{ expected: `at the end ${path} ${expected}`, got: `${path} ${shown(value)}`, rule: 'final_state', seq: null }]
  })

async function checkOutput(rules: Rules, record: RunRecord, vars: Readonly<Record<string, unknown>>): Promise<Failure[]> {
  if (rules.output === undefined) return []
  const failure = (expected: string): Failure => ({ expected, got: shown(record.output), rule: 'output', seq: null })
  if (record.output === undefined) return [failure('an output')]
  if (rules.output.schema !== undefined) {
    const result = z.fromJSONSchema(rules.output.schema as never).safeParse(record.output)
    if (!result.success) return [failure(`an output of its schema: ${z.prettifyError(result.error)}`)]
  }
  const failures: Failure[] = []
  for (const check of rules.output.checks ?? [])
    if ((await evaluate(check.that, { ...vars, output: record.output })) !== true) failures.push(failure(check.says))
  return failures
}

const checkStatistics = (rules: Rules, record: RunRecord): Failure[] =>
  (rules.statistics ?? []).flatMap(({ confidence, factor_min: factor, metric, trials }) => {
    const pairs = record.measurements[metric] ?? []
    if (pairs.length < trials) return [{ expected: `${trials} trials of ${metric}`, got: `${pairs.length}`, rule: 'statistics', seq: null }]
    const gains = pairs.map(({ after, before }) => after - factor * before)
    const { high, low } = bootstrapInterval(gains, confidence)
    const probability = permutationTest(gains)
    // Where nothing better than before is asked, equal is enough.
    const holds = factor > 1 ? low > 0 && probability <= 1 - confidence : low >= 0
    const got = `mean gain beyond it ${(gains.reduce((sum, gain) => sum + gain, 0) / gains.length).toPrecision(4)} [${low.toPrecision(4)}, ${high.toPrecision(4)}], p = ${probability.toPrecision(3)}`
    return holds
      ? []
      : [{ expected: `${metric} at least ${factor} × of before in ${trials} trials at ${confidence * 100} %`, got, rule: 'statistics', seq: null }]
  })

/** A figure at the end of each of the agent's windows. */
function courseOf(metric: 'balance' | 'credits_earned' | 'credits_spent', record: RunRecord): number[] {
  const course: number[] = []
  let [spent, earned] = [0, 0]
  for (const event of record.events) {
    if (event.type === 'credits_transferred') {
      spent += spentIn(record, event)
      earned += earnedIn(record, event)
    } else if (event.type === 'execution_terminated' && event.data.agent_id === record.agent_id)
      course.push(metric === 'balance' ? earned - spent : metric === 'credits_spent' ? spent : earned)
  }
  return course
}

const checkTrend = (rules: Rules, record: RunRecord): Failure[] =>
  (rules.trend ?? []).flatMap(({ metric, slope_per_cycle: condition }) => {
    const course = courseOf(metric, record)
    const slope = slopeOf(course)
    const expected = course.length < 2 ? 'over at least two windows' : unmet(condition, slope, NONE)
    return expected === null
      ? []
      : [{ expected: `slope of ${metric} per cycle ${expected}`, got: `${slope.toPrecision(4)} over ${course.length} windows`, rule: 'trend', seq: null }]
  })

function byTypeOf(events: readonly LoggedEvent[]): ByType {
  const found = new Map<string, LoggedEvent[]>()
  for (const event of events) {
    const like = found.get(event.type)
    if (like === undefined) found.set(event.type, [event])
    else like.push(event)
  }
  return found
}

/** Judges a run by the rules of its item. `vars` are the drawn values, for checks of the output. No failure means it passes. */
export async function judge(rules: Rules, record: RunRecord, vars: Readonly<Record<string, unknown>> = {}): Promise<Failure[]> {
  const byType = byTypeOf(record.events)
  const { failure, labels } = rules.sequence === undefined ? { failure: null, labels: NONE } : matchSequence(rules.sequence, byType)
  return [
    ...(failure === null ? [] : [failure]),
    ...checkForbidden(rules, byType, labels),
    ...checkData(rules, byType, labels),
    ...checkLimits(rules, record, byType),
    ...checkFinal(rules, record),
    ...(await checkOutput(rules, record, vars)),
    ...checkStatistics(rules, record),
    ...checkTrend(rules, record),
  ]
}
