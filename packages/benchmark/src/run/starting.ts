import { reasonOf } from '@syntropism/runtime'
import { createClient } from '@syntropism/sdk'
import { BUILT_IN, type BuiltInAgent, type Files } from '../agents/index.ts'
import { type Variant, createRandom } from '../scenario/index.ts'
import type { Clock, Window, WindowEnd, World } from '../world/index.ts'

/** Runs a program in a window of a world until it ends. */
export interface Program {
  readonly files: Files
  run(window: Window, number: number): Promise<WindowEnd>
  close(): Promise<void>
}

/** Starts agents: one that runs in this process, or one from a folder. */
export interface AgentStarter {
  readonly name: string
  /** How time has to go on for it, by its manifest. */
  readonly clock?: Clock | undefined
  /** `repeat` tells runs of the same world apart, for agents that draw. */
  start(world: World, variant: Variant, repeat: number): Promise<Program>
  close(): Promise<void>
}

const MESSAGE_MAX = 2000

/** One of the agents inside this process. A throw of its own ends its window as a crash. */
function createBuiltIn(name: string, agent: BuiltInAgent): AgentStarter {
  return {
    close: async () => undefined,
    name,
    async start(world, variant, repeat) {
      const kept = new Map(Object.entries(variant.world.files))
      const files: Files = { read: (file) => kept.get(file), write: (file, text) => void kept.set(file, text) }
      const random = createRandom(variant.seed * 1009 + variant.index, repeat === 0 ? `agent ${name}` : `agent ${name} ${repeat}`)
      let ids = 0
      return {
        close: async () => undefined,
        files,
        async run(window, number) {
          const client = createClient({
            createId: () => `call-${number}-${(ids += 1)}`,
            fetch: async (url, init) => world.fetch(new Request(url, init)),
            token: window.token,
            url: 'http://system.service',
          })
          try {
            await agent.act({ client, files, random, task: world.task, window: number }, variant)
            return { cause: 'completed', cpu_ms: 0, detail: '', exit_code: 0 }
          } catch (error) {
            return { cause: 'crashed', cpu_ms: 0, detail: reasonOf(error).slice(0, MESSAGE_MAX), exit_code: 1 }
          }
        },
      }
    },
  }
}

/** The built-in agent of a name, or null. */
export const builtInAgent = (name: string): AgentStarter | null => {
  const agent = BUILT_IN[name]
  return agent === undefined ? null : createBuiltIn(name, agent)
}
