import { z } from '@hono/zod-openapi'
import { Id, ToolName } from '@syntropism/contract'
import { microToCredits } from '@syntropism/economy'
import { toolCallRow } from '../store/index.ts'
import type { ToolGateway } from '../tool-gateway/index.ts'
import { ToolAnswer, ToolCall, Tools } from './answers.ts'
import { Refused } from '../refusal/index.ts'
import { ALL_BUT_KEYS } from './principal.ts'
import { AnyJson, type App, type ServiceParts, addOperation, agentIn } from './service.ts'

const WAIT_MS_MAX = 600_000

function gatewayIn({ tools }: ServiceParts): ToolGateway {
  if (tools === undefined) throw new Refused('resource_not_offered', { resource: 'tools' })
  return tools
}

/** Outside tools: what there is, calls, and what became of them. */
export function addToolRoutes(app: App, parts: ServiceParts): void {
  addOperation(app, parts, {
    handle: async () => {
      const { tools, unreachable } = (await parts.tools?.list()) ?? { tools: [], unreachable: [] }
      return {
        tools: tools.map(({ server_id, terms: { price_micro, ...terms }, tool }) => ({
          ...terms,
          description: tool.description ?? tool.title ?? '',
          input_schema: tool.inputSchema,
          price: microToCredits(price_micro),
          price_micro,
          server_id,
          tool_name: tool.name,
        })),
        unreachable,
      }
    },
    answer: Tools,
    method: 'get',
    path: '/tools',
    roles: ALL_BUT_KEYS,
    summary: 'Outside tools that may be called, with price and schema, and servers that cannot be reached.',
    tag: 'tools',
    tool: 'tool.list',
  })
  addOperation(app, parts, {
    body: z.strictObject({
      arguments: z.record(z.string(), AnyJson).default({}),
      justification: z.string().max(1024).optional(),
      server_id: Id,
      tool_name: ToolName,
      /** Longest wait for the result; the call goes on behind it and is asked for by its id. */
      wait_ms: z.int().min(0).max(WAIT_MS_MAX).default(WAIT_MS_MAX),
    }),
    handle: async ({ body }, call) => {
      const { arguments: input, server_id, tool_name, wait_ms } = body
      const { agent_id, lease_id } = agentIn(call)
      return gatewayIn(parts).call({
        admit: async (terms) => {
          const { call_id, repeated } = await call.submit({
            agent_id,
            arguments: input as never,
            lease_id,
            owner: '',
            server_id,
            tool_name,
            ...terms,
            type: 'admit_tool_call',
          })
          return { call_id: String(call_id), repeated: repeated === true }
        },
        arguments: input,
        server_id,
        signal: call.signal,
        tool_name,
        wait_ms,
      })
    },
    answer: ToolAnswer,
    method: 'post',
    name: 'tool.call',
    path: '/tools/calls',
    roles: ['agent'],
    summary: 'Call an outside tool: its price is held, burned when it has answered, and given back otherwise.',
    tag: 'tools',
    tool: ({ server_id, tool_name }) => `${server_id}.${tool_name}`,
  })
  addOperation(app, parts, {
    handle: async ({ params }, call) => {
      const row = await toolCallRow(parts.queries, params.call_id as string)
      const isHidden = call.principal.role === 'agent' && row?.agent_id !== call.principal.agent_id
      if (row === null || isHidden) throw new Refused('tool_call_unknown', { call_id: params.call_id ?? '' })
      const { arguments: input, outcome, result, ...rest } = row
      return { ...rest, arguments: JSON.parse(input) as unknown, result: JSON.parse(result ?? 'null') as unknown, status: outcome ?? 'open' }
    },
    answer: ToolCall,
    method: 'get',
    path: '/tools/calls/{call_id}',
    roles: ALL_BUT_KEYS,
    summary: 'What became of a call of an outside tool.',
    tag: 'tools',
    tool: 'tool.get_call',
  })
}
