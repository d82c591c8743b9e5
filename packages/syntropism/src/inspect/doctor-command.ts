import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Config,
  type Rung,
  inspectStore,
  loadConfig,
  machineCapacity,
  pathsOf,
  readServiceFile,
  surveyLadder,
  surveyToolServers,
} from '@syntropism/runtime'
import { table } from '../terminal/format.ts'
import { type LocalFlags, print } from '../terminal/local.ts'
import { describeBus } from '../nats/doctor.ts'

const LOADED_BY_AUTO: readonly Rung['rung'][] = ['bubblewrap', 'node']

const named = (protections: Rung['protections'], active: boolean): string[] =>
  protections.filter((one) => one.active === active).map((one) => `${one.name}: ${one.how}`)

const linesOf = (title: string, protections: Rung['protections']): string =>
  [title, ...named(protections, true).map((line) => `    holds ${line}`), ...named(protections, false).map((line) => `    DOES NOT HOLD ${line}`)].join('\n')

interface Sandboxes {
  readonly sandbox: string
  readonly sandboxes: readonly object[]
  readonly tool_servers: readonly object[]
  readonly lines: readonly string[]
}

/** Every rung of the ladder, opened to see what it really holds here, and what would hold the program of each outside tool server. */
async function describeSandboxes(config: Config): Promise<Sandboxes> {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-doctor-'))
  try {
    const rungs = await surveyLadder({ allow_weak: false, library_dir: folder, state_dir: folder })
    const servers = config.tools === undefined ? [] : await surveyToolServers(config, folder)
    const auto = rungs.find((one) => one.driver !== null && LOADED_BY_AUTO.includes(one.rung))
    const held = (protections: Rung['protections']): object => ({ does_not_hold: named(protections, false), holds: named(protections, true) })
    return {
      lines: [
        'Sandboxes, strongest first (--sandbox of live, executor and benchmark run):',
        ...rungs.map(({ driver, protections, rung, why_not }) =>
          driver === null
            ? `${rung}: cannot be used here: ${why_not}`
            : linesOf(`${rung}: ${driver}${rung === auto?.rung ? ', taken by auto' : ''}`, protections),
        ),
        ...(servers.length === 0
          ? []
          : [
              '',
              'Outside tool servers (each by the `sandbox` of its own configuration; --sandbox is for agents):',
              ...servers.map((one) => linesOf(`${one.server}: ${one.rung}`, one.protections)),
            ]),
      ],
      sandbox: auto?.driver ?? 'none',
      sandboxes: rungs.map(({ driver, protections, rung, why_not }) => ({ driver, rung, why_not, ...held(protections) })),
      tool_servers: servers.map(({ protections, rung, server }) => ({ rung, server, ...held(protections) })),
    }
  } finally {
    rmSync(folder, { force: true, recursive: true })
  }
}

const describeModels = ({ llm }: Config): string =>
  llm === undefined
    ? 'none configured'
    : Object.entries(llm.models)
        .map(([name, { upstreams }]) => `${name} (${upstreams.map((one) => one.upstream).join(', then ')})`)
        .join(', ')

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export async function runDoctor(flags: LocalFlags): Promise<void> {
  const config = loadConfig({ data: flags.data }, process.env)
  const paths = pathsOf(config.data)
  const service = readServiceFile(paths)
  const { lines, sandbox, sandboxes, tool_servers } = await describeSandboxes(config)
  const bus = await describeBus(config)
  const store = await inspectStore(config, paths)
  const report = {
    ...bus,
    capacity: machineCapacity(config),
    data: paths.root,
    database: store.database,
    database_problems: store.problems,
    models: describeModels(config),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    sandbox,
    service:
      service === null ? 'not running' : isAlive(service.pid) ? `${service.url} (process ${service.pid})` : `not running (process ${service.pid} was killed)`,
  }
  const shown = (value: unknown): string => (typeof value === 'string' ? value : Array.isArray(value) ? value.join('; ') || 'none' : JSON.stringify(value))
  print(
    flags,
    { ...report, sandboxes, tool_servers },
    () => `${table(Object.entries(report).map(([key, value]) => [key, shown(value)]))}\n\n${lines.join('\n')}`,
  )
  if ((bus.bus_problems ?? []).length + store.problems.length > 0) process.exitCode = 1
}
