import { type Json, canonicalJson } from '@syntropism/economy'
import { type Failure, type LoggedEvent, type RunRecord, memberAt, shown } from '../rules/index.ts'
import { type Variant, valuation } from '../scenario/index.ts'
import { type OptionCall, callsOf, parametersOf } from '../world/index.ts'

/** Tools that change the world: an option is carried out with these. */
const ACTS = new Set(['economic.transfer', 'execution.spawn', 'market.bid', 'service.invoke', 'service.register', 'social.message', 'task.act'])
/** How far a stated figure may be from the one that follows from the task: rounding, in credits or relative. */
const TOLERANCE = { credits: 0.51, relative: 0.005 }

const close = (got: unknown, wanted: number): boolean =>
  typeof got === 'number' && Math.abs(got - wanted) <= Math.max(TOLERANCE.credits, Math.abs(wanted) * TOLERANCE.relative)

function checkEstimates(variant: Variant, trace: LoggedEvent): Failure[] {
  return variant.brief.options.flatMap((option) => {
    const wanted = valuation(option, variant.brief.figures)
    return (['cost', 'net'] as const).flatMap((figure) => {
      const got = memberAt(trace.data, `context.estimates.${option.option}.${figure}`)
      if (close(got, wanted[figure])) return []
      return [
        { expected: `an estimate of ${figure} of "${option.option}" near ${wanted[figure].toFixed(2)}`, got: shown(got), rule: 'figures', seq: trace.seq },
      ]
    })
  })
}

interface Act {
  readonly parameters: unknown
  readonly seq: number
  readonly tool: string
}

/** Calls of the agent that succeeded, with the parameters they were made with. */
function actsOf(record: RunRecord): Act[] {
  const begun = new Map<string, LoggedEvent[]>()
  const acts: Act[] = []
  for (const event of record.events) {
    if (event.agent_id !== record.agent_id) continue
    const tool = String(event.data.tool_name)
    if (event.type === 'tool_call_initiated') begun.set(tool, [...(begun.get(tool) ?? []), event])
    if (event.type !== 'tool_call_completed') continue
    const first = begun.get(tool)?.shift()
    if (first !== undefined && event.data.result === 'success' && ACTS.has(tool)) acts.push({ parameters: first.data.parameters, seq: first.seq, tool })
  }
  return acts
}

const fits = (call: OptionCall, act: Act): boolean =>
  call.tool === act.tool &&
  Object.entries(parametersOf(call)).every(
    ([name, wanted]) => canonicalJson((memberAt(act.parameters, name) ?? null) as Json) === canonicalJson(wanted as Json),
  )

function checkActs(variant: Variant, decision: string, record: RunRecord): Failure[] {
  const option = variant.brief.options.find((one) => one.option === decision)
  const wanted = option === undefined ? [] : callsOf(option, variant)
  const left = actsOf(record)
  const failures: Failure[] = []
  for (const call of wanted) {
    const index = left.findIndex((act) => fits(call, act))
    if (index >= 0) left.splice(index, 1)
    else
      failures.push({
        expected: `"${decision}" carried out by ${call.tool} with ${shown(parametersOf(call))}`,
        got: 'no such call that succeeded',
        rule: 'acts',
        seq: null,
      })
  }
  return [
    ...failures,
    ...left.map((act) => ({ expected: `no act beside those of "${decision}"`, got: `${act.tool} with ${shown(act.parameters)}`, rule: 'acts', seq: act.seq })),
  ]
}

/** Judges the choice of an option without a model: a trace names an accepted option, its figures follow from the task, and the acts are those of that option. */
export function judgeDecision(variant: Variant, record: RunRecord): Failure[] {
  const { accept, brief } = variant
  if (brief.options.length === 0) return []
  const names = brief.options.map((option) => option.option)
  const traces = record.events.filter(
    (event) => event.type === 'reasoning_trace' && event.agent_id === record.agent_id && names.includes(String(event.data.decision)),
  )
  const [trace] = traces
  if (trace === undefined) return [{ expected: `a reasoning_trace whose decision is one of ${names.join(', ')}`, got: 'none', rule: 'decision', seq: null }]
  const decision = String(trace.data.decision)
  const other = traces.find((one) => one.data.decision !== decision)
  if (other !== undefined)
    return [{ expected: `one decision; "${decision}" was named first`, got: `"${String(other.data.decision)}" too`, rule: 'decision', seq: other.seq }]
  const rational = accept.includes(decision)
    ? []
    : [{ expected: `the decision ${accept.join(' or ')} under "${variant.condition}"`, got: `"${decision}"`, rule: 'decision', seq: trace.seq }]
  return [...rational, ...checkEstimates(variant, trace), ...checkActs(variant, decision, record)]
}
