import type { SandboxName } from '@syntropism/runtime'
import { openPrograms } from '../program/index.ts'
import { AGENT } from '../world/index.ts'
import type { AgentStarter } from './starting.ts'

export interface SandboxedOptions {
  readonly allow_weak: boolean
  /** Folder with an agent.json. */
  readonly agent_dir: string
  readonly sandbox: SandboxName
  readonly sdk_dir: string
  /** Longest wall time of one program, whatever the world's clock. */
  readonly wall_ms: number
}

/** An agent from a folder: each of its windows is a process of its own in a sandbox, in a workspace that lives as long as its world. What it bought in its world is virtual. Throws ConfigError when the folder is no agent. */
export async function openSandboxedAgent(options: SandboxedOptions): Promise<AgentStarter> {
  const programs = await openPrograms(options)
  const limits = { cpu_millicores: 1000, memory_mb: 512 }
  return {
    clock: programs.manifest.clock,
    close: () => programs.close(),
    name: programs.manifest.name,
    async start(world, variant) {
      const { close, files, run } = await programs.settle((request) => world.fetch(request), variant.world.files)
      return {
        close,
        files,
        // What it used of this machine is no part of its world: the same run has the same bytes.
        run: async (window) => {
          const duration_ms = Math.min(options.wall_ms, world.wallMsLeft(window))
          const { execution_id, token } = window
          return { ...(await run({ agent_id: AGENT, execution_id, limits: { ...limits, duration_ms }, token })), cpu_ms: 0 }
        },
      }
    },
  }
}
