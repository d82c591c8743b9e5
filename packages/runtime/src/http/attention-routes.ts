import { z } from '@hono/zod-openapi'
import { COMMANDS, DurationMs, Scores } from '@syntropism/contract'
import type { Draft } from '../host/index.ts'
import type { Tables } from '../store/index.ts'
import { Done, PromptAnswer, PromptView, listOf } from './answers.ts'
import { Refused } from '../refusal/index.ts'
import { ALL_BUT_KEYS } from './principal.ts'
import { AnyJson, type App, type ServiceParts, addOperation, agentIn } from './service.ts'

const json = (text: string | null): unknown => (text === null ? null : (JSON.parse(text) as unknown))
const shown = (row: Tables['prompts']): object => ({ ...row, content: json(row.content), scores: json(row.scores) })

function humanIn(call: { principal: { role: string; human_id?: string } }): string {
  if (call.principal.role !== 'human' || call.principal.human_id === undefined) throw new Refused('not_yours', { role: call.principal.role })
  return call.principal.human_id
}

const { break_ms, judgements_per_hour_max, on_duty } = COMMANDS.set_duty.shape
const Duty = { break_ms, judgements_per_hour_max, on_duty }
type Duty = z.infer<z.ZodObject<typeof Duty>>
const dutyOf = (human_id: string, { break_ms: breakMs, judgements_per_hour_max: cap, on_duty: onDuty }: Duty): Draft => ({
  ...(breakMs === undefined ? {} : { break_ms: breakMs }),
  ...(cap === undefined ? {} : { judgements_per_hour_max: cap }),
  human_id,
  on_duty: onDuty,
  owner: '',
  type: 'set_duty',
})

/** Prompts for human attention, and what only a human may do with them. */
export function addAttentionRoutes(app: App, parts: ServiceParts): void {
  const { queries } = parts
  addOperation(app, parts, {
    body: z.strictObject({ amount_micro: z.int().nonnegative(), content: z.record(z.string(), AnyJson), deadline_ms: DurationMs.optional() }),
    handle: ({ body }, call) =>
      call.submit({
        ...(body.deadline_ms === undefined ? {} : { deadline_ms: body.deadline_ms }),
        ...agentIn(call),
        amount_micro: body.amount_micro,
        content: body.content,
        owner: '',
        type: 'file_prompt',
      }),
    answer: PromptAnswer,
    method: 'post',
    path: '/attention/prompts',
    roles: ['agent'],
    summary: 'Ask for a human’s attention; the bid is held and returned unless a human judges the prompt.',
    tag: 'attention',
    tool: 'human.prompt',
  })
  addOperation(app, parts, {
    handle: async (_input, call) => {
      let rows = queries.selectFrom('prompts').selectAll().orderBy('bid_micro', 'desc').orderBy('seq')
      rows = call.principal.role === 'agent' ? rows.where('agent_id', '=', call.principal.agent_id) : rows.where('status', 'in', ['waiting', 'shown'])
      return { prompts: (await rows.limit(200).execute()).map(shown) }
    },
    answer: listOf('prompts', PromptView),
    method: 'get',
    path: '/attention/prompts',
    roles: ALL_BUT_KEYS,
    summary: 'Open prompts ranked by bid; an agent sees its own.',
    tag: 'attention',
  })
  addOperation(app, parts, {
    handle: async ({ params }, call) => {
      const row = await queries
        .selectFrom('prompts')
        .selectAll()
        .where('prompt_id', '=', params.prompt_id as string)
        .executeTakeFirst()
      if (row === undefined) throw new Refused('prompt_unknown', { prompt_id: params.prompt_id ?? '' })
      if (call.principal.role === 'agent' && call.principal.agent_id !== row.agent_id) throw new Refused('not_yours', { prompt_id: row.prompt_id })
      return shown(row)
    },
    answer: PromptView,
    method: 'get',
    path: '/attention/prompts/{prompt_id}',
    roles: ALL_BUT_KEYS,
    summary: 'One prompt, with its scores once it has them.',
    tag: 'attention',
  })
  addOperation(app, parts, {
    handle: ({ params }, call) =>
      call.submit({
        ...agentIn(call),
        owner: '',
        prompt_id: params.prompt_id as string,
        type: 'withdraw_prompt',
      }),
    answer: Done,
    method: 'delete',
    path: '/attention/prompts/{prompt_id}',
    roles: ['agent'],
    summary: 'Withdraw a prompt; its bid returns in full.',
    tag: 'attention',
    tool: 'human.withdraw_prompt',
  })
  addOperation(app, parts, {
    body: z.strictObject({ ...Scores.shape, reason: z.string().max(2000).optional() }),
    handle: ({ body, params }, call) => {
      const { reason, ...scores } = body
      return call.submit({
        ...(reason === undefined ? {} : { reason }),
        human_id: humanIn(call),
        owner: '',
        prompt_id: params.prompt_id as string,
        scores,
        type: 'score_prompt',
      })
    },
    method: 'post',
    path: '/attention/prompts/{prompt_id}/score',
    roles: ['human'],
    summary: 'Three scores from 0 to 10: mints the reward.',
    tag: 'attention',
  })
  addOperation(app, parts, {
    body: z.strictObject({ reason: z.string().max(2000).optional() }),
    handle: ({ body, params }, call) =>
      call.submit({
        ...(body.reason === undefined ? {} : { reason: body.reason }),
        human_id: humanIn(call),
        owner: '',
        prompt_id: params.prompt_id as string,
        type: 'skip_prompt',
      }),
    method: 'post',
    path: '/attention/prompts/{prompt_id}/skip',
    roles: ['human'],
    summary: 'Skip a prompt: its bid burns, nothing is minted.',
    tag: 'attention',
  })
  addOperation(app, parts, {
    body: z.strictObject(Duty),
    handle: ({ body }, call) => call.submit(dutyOf(humanIn(call), body)),
    method: 'post',
    path: '/attention/duty',
    roles: ['human'],
    summary: 'Come on duty, leave, or take a break that ends by itself; a cap on judgements within any hour. One attention slot more or fewer.',
    tag: 'attention',
  })
  addOperation(app, parts, {
    body: z.strictObject({ ...Duty, reason: z.string().min(1).max(256) }),
    handle: ({ body, params }, call) => {
      const id = params.human_id as string
      if (!parts.host.state.humans.has(id)) throw new Refused('human_unknown', { human_id: id })
      return call.submit(dutyOf(id, body))
    },
    method: 'put',
    path: '/operator/humans/{human_id}/duty',
    roles: ['operator'],
    summary: 'Duty, break and hourly cap of a human, as the operator orders them.',
    tag: 'operator',
  })
}
