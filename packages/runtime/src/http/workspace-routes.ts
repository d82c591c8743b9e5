import { z } from '@hono/zod-openapi'
import { HistoryError, type WorkspaceHistory } from '../ports/index.ts'
import { WorkspaceState, listOf } from './answers.ts'
import { Refused } from '../refusal/index.ts'
import { ALL_BUT_KEYS, WATCHERS } from './principal.ts'
import { type App, type ServiceParts, addOperation } from './service.ts'

/** Histories of the agents' workspaces, and the operator's way back. */
export function addWorkspaceRoutes(app: App, parts: ServiceParts, workspaces: WorkspaceHistory): void {
  const { host } = parts
  const known = (agentId: string): string => {
    if (!host.state.agents.has(agentId)) throw new Refused('agent_unknown', { agent_id: agentId })
    return agentId
  }
  addOperation(app, parts, {
    handle: async ({ params, query }, call) => {
      const id = params.agent_id as string
      if (call.principal.role === 'agent' && call.principal.agent_id !== id) throw new Refused('not_yours', { agent_id: id })
      return { commits: await workspaces.log(known(id), Number(query.limit ?? 50)) }
    },
    answer: listOf('commits', WorkspaceState),
    method: 'get',
    path: '/workspaces/{agent_id}/history',
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    roles: ALL_BUT_KEYS,
    summary: 'States of an agent’s workspace, newest first: one after every run.',
    tag: 'workspaces',
  })
  addOperation(app, parts, {
    handle: async ({ params }) => {
      const commit = params.commit as string
      if (!/^[0-9a-f]{40}$/.test(commit)) throw new Refused('command_invalid', { expected: 'the 40 hexadecimal digits of a state', field: 'commit' })
      try {
        return { changes: await workspaces.changes(known(params.agent_id as string), commit), commit }
      } catch (error) {
        if (error instanceof HistoryError) throw new Refused('command_invalid', { expected: error.message, field: 'commit' })
        throw error
      }
    },
    method: 'get',
    path: '/workspaces/{agent_id}/changes/{commit}',
    roles: WATCHERS,
    summary: 'What one state of a workspace changed against the one before it, as patches.',
    tag: 'workspaces',
  })
  addOperation(app, parts, {
    body: z.strictObject({ commit: z.string().regex(/^[0-9a-f]{40}$/) }),
    handle: async ({ body, params }) => {
      const id = known(params.agent_id as string)
      if (host.state.agents.get(id)?.status === 'dead') throw new Refused('agent_dead', { agent_id: id })
      try {
        return { agent_id: id, commit: await workspaces.rollBack(id, body.commit) }
      } catch (error) {
        if (!(error instanceof HistoryError)) throw error
        throw error.code === 'running'
          ? new Refused('agent_busy', { agent_id: id })
          : new Refused('command_invalid', { expected: error.message, field: 'commit' })
      }
    },
    method: 'post',
    path: '/operator/agents/{agent_id}/roll-back',
    roles: ['operator'],
    summary: 'Put the files of a former state back, as a new state; refused while the agent runs.',
    tag: 'workspaces',
  })
}
