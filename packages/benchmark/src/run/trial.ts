import { join } from 'node:path'
import { reasonOf } from '@syntropism/runtime'
import type { EventLogs } from '@syntropism/runtime/remote'
import { madeVersion, measurementsOf, testVersion } from '../bench/index.ts'
import { judgeDecision } from '../decision/index.ts'
import { type Failure, type RunRecord, judge } from '../rules/index.ts'
import { type Scenario, type Variant, drawVariants } from '../scenario/index.ts'
import { AGENT, type Clock, LOG_LIMIT, World, type WorldLlm, scriptedLlm } from '../world/index.ts'
import type { AgentStarter } from './starting.ts'

/** What happened in one drawn world, and how it was judged. */
export interface VariantResult {
  readonly condition: string
  readonly failures: readonly Failure[]
  readonly index: number
  readonly record: RunRecord
}

/** One epoch of an item: all its worlds. It passes when all of them do. */
export interface TrialResult {
  readonly agent: string
  /** What kept the trial from being judged; null when it was. */
  readonly error: string | null
  readonly item: string
  /** The part of a model judge. */
  readonly judge: 'none' | 'not judged'
  readonly pass: boolean
  /** Which run of the same worlds this is, from 0: what differs between repeats is the agent's doing. */
  readonly repeat: number
  readonly seed: number
  readonly spend_micro_usd: number
  readonly variants: readonly VariantResult[]
}

export interface TrialParts {
  readonly agent: AgentStarter
  /** How time goes on in the worlds; the agent's own choice when left out. */
  readonly clock?: Clock | undefined
  /** Takes the events of every world from NATS. */
  readonly logs?: EventLogs | undefined
  /** Models that every world offers; recordings of each lie in a folder of its own below `recordings_dir`. */
  readonly llm?: WorldLlm
  /** Address of the scripted model, for worlds that need one and are given no other. */
  readonly model_url: string
  /** Longest wall time of the trial: worlds that would begin after it count as failed. */
  readonly wall_ms_max?: number
}

const usesModel = ({ rules }: Variant): boolean => JSON.stringify(rules).includes('llm.complete')

/** What the gateway says when it is to replay what was never recorded. */
const MISSING = 'llm_recording_missing'
const memberOf = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined)

const ownLlm = (llm: WorldLlm, { index, scenario_id, seed }: Variant, repeat: number): WorldLlm => ({
  ...llm,
  recordings_dir: join(llm.recordings_dir, [scenario_id, seed, index, repeat].join('.')),
})

/** Judges what a run left behind. */
export const judgeRecord = async (variant: Variant, record: RunRecord): Promise<Failure[]> => [
  ...(record.events.length < LOG_LIMIT ? [] : [{ expected: `fewer than ${LOG_LIMIT} events`, got: 'a full log', rule: 'limits', seq: null }]),
  ...judgeDecision(variant, record),
  ...(await judge(variant.rules, record, variant.vars)),
]

/** Lets the agent live in one drawn world and keeps what it left. */
async function runVariant(variant: Variant, { agent, clock, llm, logs, model_url }: TrialParts, repeat: number): Promise<RunRecord> {
  const file = variant.world.workload?.file ?? ''
  let read: (name: string) => string | undefined = () => undefined
  const models = llm === undefined ? (usesModel(variant) ? scriptedLlm(model_url) : null) : ownLlm(llm, variant, repeat)
  const world = await World.open({
    clock: clock ?? agent.clock ?? 'virtual',
    logs,
    runTests: () => testVersion(variant, read(file)),
    variant,
    ...(models === null ? {} : { llm: models }),
  })
  try {
    const program = await agent.start(world, variant, repeat)
    read = (name) => program.files.read(name)
    try {
      let window = await world.openFirstWindow()
      for (let number = 1; ; number++) {
        const end = await program.run(window, number)
        await world.closeWindow(end)
        if (end.cause === 'host_failure') throw new Error(`the program could not be run: ${end.detail}`)
        const next = number < variant.world.cycles ? await world.nextWindow() : null
        if (next === null) break
        window = next
      }
      const events = await world.log()
      const diffs = events.filter((event) => event.type === 'code_change_proposed' && event.agent_id === AGENT).map((event) => String(event.data.diff))
      const unkept = events.find((event) => event.type === 'tool_call_completed' && memberOf(event.data.response, 'error') === MISSING)
      if (unkept !== undefined)
        throw new Error(`an answer of the model was not kept: ${models?.recordings_dir ?? ''}; the agent asked something else than before`)
      return {
        agent_id: AGENT,
        events,
        final_state: world.finalState(),
        measurements: await measurementsOf(variant, madeVersion(variant, program.files.read(file), diffs)),
        output: world.output,
      }
    } finally {
      await program.close()
    }
  } finally {
    await world.close()
  }
}

const spendOf = (record: RunRecord): number =>
  record.events.reduce(
    (sum, event) => sum + (event.type === 'execution_terminated' && event.data.agent_id === AGENT ? Number(event.data.spend_micro_usd) : 0),
    0,
  )

/** A world that the trial's time was over for: an agent that dawdles has failed, or it could choose by it which worlds count. */
const overdue = ({ condition, index }: Variant, wallMs: number): VariantResult => ({
  condition,
  failures: [{ expected: `the trial's worlds within ${wallMs} ms`, got: 'not begun by then', rule: 'wall_time', seq: null }],
  index,
  record: { agent_id: AGENT, events: [], final_state: {}, measurements: {}, output: undefined },
})

/** Runs and judges all worlds of an item for a seed. What goes wrong outside the agent is the trial's `error`, and no verdict. */
export async function runTrial(item: Scenario, seed: number, parts: TrialParts, repeat = 0): Promise<TrialResult> {
  const variants: VariantResult[] = []
  const { wall_ms_max = Number.POSITIVE_INFINITY } = parts
  const began = performance.now()
  let error: string | null = null
  try {
    for (const variant of await drawVariants(item, seed)) {
      if (performance.now() - began >= wall_ms_max) {
        variants.push(overdue(variant, wall_ms_max))
        continue
      }
      const record = await runVariant(variant, parts, repeat)
      variants.push({ condition: variant.condition, failures: await judgeRecord(variant, record), index: variant.index, record })
    }
  } catch (caught) {
    error = reasonOf(caught)
  }
  return {
    agent: parts.agent.name,
    error,
    item: item.id,
    judge: item.judge === null ? 'none' : 'not judged',
    pass: error === null && variants.length === item.variants && variants.every((variant) => variant.failures.length === 0),
    repeat,
    seed,
    spend_micro_usd: variants.reduce((sum, variant) => sum + spendOf(variant.record), 0),
    variants,
  }
}
