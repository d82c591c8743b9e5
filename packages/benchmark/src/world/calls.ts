import { ScenarioError, type TaskOption, type Variant, sharesOf } from '../scenario/index.ts'
import { BEGINS_AT_MS } from './settings.ts'

/** A call that is part of carrying out an option, as the System Service takes it. */
export interface OptionCall {
  readonly body: Readonly<Record<string, unknown>>
  readonly method: 'POST'
  readonly path: string
  readonly tool: string
}

const micro = (credits: unknown): number => Math.round(Number(credits) * 1_000_000)
type How = Readonly<Record<string, unknown>>

function bidOf(how: How, { world }: Variant): Record<string, unknown> {
  const cycles = how.not_before_cycles
  return {
    amount_micro: micro(how.amount),
    bundle: sharesOf(how.bundle as never, world.capacities, world.window_ms),
    duration_ms: world.window_ms,
    ...(typeof cycles === 'number' ? { not_before_ms: BEGINS_AT_MS + cycles * world.window_ms } : {}),
  }
}

const SHAPES: Readonly<Record<string, (how: How, variant: Variant) => Omit<OptionCall, 'method' | 'tool'>>> = {
  'execution.spawn': (how) => ({ body: { endowment_micro: micro(how.endowment), name: how.name }, path: '/social/spawn' }),
  'market.bid': (how, variant) => ({ body: bidOf(how, variant), path: '/market/bids' }),
  'service.invoke': (how) => ({ body: { request: {} }, path: `/services/${String(how.provider_id)}/${String(how.service_name)}/invoke` }),
  'service.register': (how) => ({ body: { cost_micro: micro(how.cost), service_name: how.service_name }, path: '/services' }),
  'social.message': (how) => ({ body: { content: 'say it in your words', to_agent_id: how.to_agent_id }, path: '/social/messages' }),
  'task.act': (how) => ({ body: { option: how.option }, path: '/task/act' }),
}

/** The calls that carry out an option, in order. Throws ScenarioError when an item names a tool that does not exist. */
export const callsOf = (option: TaskOption, variant: Variant): OptionCall[] =>
  option.how.map((how) => {
    const tool = String(how.tool)
    const shape = SHAPES[tool]
    if (shape === undefined)
      throw new ScenarioError(`${variant.scenario_id}: option "${option.option}" names the tool "${tool}"; there are: ${Object.keys(SHAPES).join(', ')}`)
    return { ...shape(how, variant), method: 'POST', tool }
  })

/** What the parameters recorded of a call must hold for it to be this part of an option. */
export function parametersOf(call: OptionCall): Record<string, unknown> {
  if (call.tool === 'service.invoke') {
    const [, , provider_id, service_name] = call.path.split('/')
    return { provider_id, service_name }
  }
  const { content: _content, ...body } = call.body
  return body
}
