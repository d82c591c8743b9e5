import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AgentManifest, EVENTS } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import { staleSchemas } from '../scripts/schemas.ts'

const ROOT = resolve(import.meta.dirname, '..')

describe('published schemas', () => {
  it('are what the sources say (npm run schemas writes them)', () => {
    expect(staleSchemas()).toEqual([])
  })

  it('accept every starter agent', () => {
    const agents = readdirSync(join(ROOT, 'agents'))
    expect(agents.length).toBeGreaterThanOrEqual(6)
    for (const name of agents) expect(AgentManifest.parse(JSON.parse(readFileSync(join(ROOT, 'agents', name, 'agent.json'), 'utf8'))).name).toBe(name)
  })

  it('name every design event of the taxonomy', () => {
    const design = [
      'balance_queried',
      'bid_placed',
      'bid_rejected',
      'resources_allocated',
      'price_update',
      'credits_transferred',
      'human_reward_issued',
      'service_registered',
      'service_invoked',
      'agent_spawned',
      'agent_dormant',
      'agent_awake',
      'reasoning_trace',
      'tool_call_initiated',
      'tool_call_completed',
      'reflection',
      'code_change_proposed',
      'code_change_applied',
      'judge_evaluation',
    ]
    expect(
      Object.entries(EVENTS)
        .filter(([, event]) => !event.house)
        .map(([type]) => type)
        .sort(),
    ).toEqual(design.sort())
  })
})
