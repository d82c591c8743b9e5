import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { AgentManifest } from '@syntropism/contract'
import { type SandboxName, installAgentLibrary, openDoors, openSandbox } from '@syntropism/runtime'
import { z } from 'zod'
import type { Variant } from '../scenario/index.ts'
import { AGENT, type World } from '../world/index.ts'
import { RunError } from './folder.ts'
import type { AgentStarter, Program } from './starting.ts'

export interface SandboxedOptions {
  readonly allow_weak: boolean
  /** Folder with an agent.json. */
  readonly agent_dir: string
  readonly sandbox: SandboxName
  readonly sdk_dir: string
  /** Longest wall time of one program; the world's clock stands while it runs. */
  readonly wall_ms: number
}

/** What a program may use of this machine beside its wall time; what it bought in its world is virtual. */
const LIMITS = { cpu_millicores: 1000, disk_mb: 64, files_max: 5000, memory_mb: 512, open_files_max: 256, processes_max: 16 }

function manifestOf(folder: string): AgentManifest {
  const path = join(resolve(folder), 'agent.json')
  try {
    return AgentManifest.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error)
    throw new RunError(`${path} is no agent: ${why}`, { cause: error })
  }
}

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** An agent from a folder: each of its windows is a process of its own in a sandbox, in a workspace that lives as long as its world. Throws RunError when the folder is no agent. */
export async function openSandboxedAgent(options: SandboxedOptions): Promise<AgentStarter> {
  const { agent_dir, allow_weak, sandbox, sdk_dir, wall_ms } = options
  const manifest = manifestOf(agent_dir)
  const root = mkdtempSync(join(tmpdir(), 'syntropism-benchmark-'))
  installAgentLibrary(root, sdk_dir)
  const settings = { allow_weak, library_dir: root, state_dir: root }
  const driver = await openSandbox(settings, sandbox)
  let runs = 0
  const start = async (world: World, variant: Variant): Promise<Program> => {
    const id = `w${(runs += 1)}`
    const workspace = join(root, 'workspaces', id)
    mkdirSync(join(root, 'workspaces'), { recursive: true })
    cpSync(resolve(agent_dir), workspace, { filter: (path) => basename(path) !== 'node_modules', recursive: true })
    for (const [name, text] of Object.entries(variant.world.files)) writeFileSync(join(workspace, name), text)
    const socket = join(root, `${id}.sock`)
    const doors = await openDoors((request: Request) => world.fetch(request), { host: '127.0.0.1', port: 0 }, socket)
    return {
      async close() {
        await doors.close()
        rmSync(workspace, { force: true, recursive: true })
      },
      files: { read: (name) => readText(join(workspace, name)), write: (name, text) => writeFileSync(join(workspace, name), text) },
      async run(window, number) {
        const running = await driver.start({
          command: manifest.command,
          env: { AGENT_ID: AGENT, EXECUTION_ID: window.execution_id, SYSTEM_SERVICE_TOKEN: window.token, TRACEPARENT: '' },
          limits: { ...LIMITS, duration_ms: wall_ms },
          run_id: `${id}-${number}`,
          service_socket_path: socket,
          service_url: doors.url,
          workspace_dir: workspace,
        })
        const { cause, detail, exit_code, output_tail } = await running.exit
        // What it used of this machine is no part of its world: the same run has the same bytes.
        return { cause, cpu_ms: 0, detail: [detail, output_tail].filter((text) => text !== '').join('\n'), exit_code }
      },
    }
  }
  return {
    async close() {
      await driver.close()
      rmSync(root, { force: true, recursive: true })
    },
    name: manifest.name,
    start,
  }
}
