import { closeSync, constants, cpSync, fstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { AgentManifest } from '@syntropism/contract'
import { type SandboxName, installAgentLibrary, openDoors, openSandbox, readManifest } from '@syntropism/runtime'

export interface ProgramOptions {
  readonly allow_weak: boolean
  /** Folder with an agent.json. */
  readonly agent_dir: string
  /** Folders that the program may read under their own names. */
  readonly read_only?: readonly string[]
  readonly sandbox: SandboxName
  readonly sdk_dir: string
}

/** One run of the program: who it is, and what it may use of this machine. */
export interface ProgramRun {
  readonly agent_id: string
  readonly execution_id: string
  readonly token: string
  readonly limits: { readonly cpu_millicores: number; readonly duration_ms: number; readonly memory_mb: number }
}

export interface ProgramEnd {
  readonly cause: 'completed' | 'crashed' | 'wall_limit' | 'memory_limit' | 'process_limit' | 'disk_limit' | 'host_failure'
  readonly cpu_ms: number
  /** Why, and what the program wrote last. */
  readonly detail: string
  readonly elapsed_ms: number
  readonly exit_code: number | null
  readonly memory_peak_mb: number
}

/** A workspace of the agent with a System Service in front of it. */
export interface Home {
  readonly files: { read(name: string): string | undefined; write(name: string, text: string): void }
  run(run: ProgramRun): Promise<ProgramEnd>
  close(): Promise<void>
}

/** An agent's folder, ready to be run in a sandbox. */
export interface Programs {
  readonly manifest: AgentManifest
  /** Name of the sandbox's driver. */
  readonly sandbox: string
  /** A new workspace: the agent's folder with `files` laid over it; `fetch` answers its calls. */
  settle(fetch: (request: Request) => Promise<Response>, files: Readonly<Record<string, string>>): Promise<Home>
  close(): Promise<void>
}

/** What a program may use beside what its run says. */
const LIMITS = { disk_mb: 64, files_max: 5000, open_files_max: 256, processes_max: 16 }

const FILE_BYTES_MAX = 1_048_576

/** The text of a file, undefined where there is none. A program may have left anything under that name: a link that leads out, a pipe that never ends. */
function readText(path: string): string | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
  try {
    const stat = fstatSync(fd)
    return stat.isFile() && stat.size <= FILE_BYTES_MAX ? readFileSync(fd, 'utf8') : undefined
  } finally {
    closeSync(fd)
  }
}

/** Opens the sandbox for an agent from a folder: each run is a process of its own. Throws ConfigError when the folder is no agent. */
export async function openPrograms({ agent_dir, allow_weak, read_only = [], sandbox, sdk_dir }: ProgramOptions): Promise<Programs> {
  const { manifest } = readManifest(agent_dir)
  const root = mkdtempSync(join(tmpdir(), 'syntropism-agent-'))
  installAgentLibrary(root, sdk_dir)
  const driver = await openSandbox({ allow_weak, library_dir: root, read_only, state_dir: root }, sandbox)
  let homes = 0
  return {
    async close() {
      await driver.close()
      rmSync(root, { force: true, recursive: true })
    },
    manifest,
    sandbox: driver.name,
    async settle(fetch, files) {
      const id = `w${(homes += 1)}`
      const workspace = join(root, 'workspaces', id)
      mkdirSync(join(root, 'workspaces'), { recursive: true })
      cpSync(resolve(agent_dir), workspace, { filter: (path) => basename(path) !== 'node_modules', recursive: true })
      for (const [name, text] of Object.entries(files)) writeFileSync(join(workspace, name), text)
      const socket = join(root, `${id}.sock`)
      const doors = await openDoors(fetch, { host: '127.0.0.1', port: 0 }, socket)
      let runs = 0
      return {
        async close() {
          await doors.close()
          rmSync(workspace, { force: true, recursive: true })
        },
        files: { read: (name) => readText(join(workspace, name)), write: (name, text) => writeFileSync(join(workspace, name), text) },
        async run({ agent_id, execution_id, limits, token }) {
          const running = await driver.start({
            command: manifest.command,
            env: { AGENT_ID: agent_id, EXECUTION_ID: execution_id, OPENAI_API_KEY: token, SYSTEM_SERVICE_TOKEN: token, TRACEPARENT: '' },
            limits: { ...LIMITS, ...limits },
            run_id: `${id}-${(runs += 1)}`,
            service_socket_path: socket,
            service_url: doors.url,
            workspace_dir: workspace,
          })
          const { cause, cpu_ms, detail, elapsed_ms, exit_code, memory_peak_mb, output_tail } = await running.exit
          return { cause, cpu_ms, detail: [detail, output_tail].filter((text) => text !== '').join('\n'), elapsed_ms, exit_code, memory_peak_mb }
        },
      }
    },
  }
}
