import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, type Rung, describeStore, loadConfig, machineCapacity, pathsOf, readServiceFile, surveyLadder } from '@syntropism/runtime'
import { table } from './format.ts'
import { type LocalFlags, print } from './local.ts'
import { describeBus } from './nats-doctor.ts'

const LOADED_BY_AUTO: readonly Rung['rung'][] = ['bubblewrap', 'node']

/** Every rung of the ladder, opened to see what it really holds here. */
async function describeLadder(): Promise<{ sandbox: string; sandboxes: object[]; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-doctor-'))
  try {
    const rungs = await surveyLadder({ allow_weak: false, library_dir: folder, state_dir: folder })
    const named = (rung: Rung, active: boolean): string[] => rung.protections.filter((one) => one.active === active).map((one) => `${one.name}: ${one.how}`)
    const auto = rungs.find((one) => one.driver !== null && LOADED_BY_AUTO.includes(one.rung))
    return {
      lines: rungs.map((one) =>
        one.driver === null
          ? `${one.rung}: cannot be used here: ${one.why_not}`
          : [
              `${one.rung}: ${one.driver}${one === auto ? ', taken by auto' : ''}`,
              ...named(one, true).map((line) => `    holds ${line}`),
              ...named(one, false).map((line) => `    DOES NOT HOLD ${line}`),
            ].join('\n'),
      ),
      sandbox: auto?.driver ?? 'none',
      sandboxes: rungs.map((one) => ({ does_not_hold: named(one, false), driver: one.driver, holds: named(one, true), rung: one.rung, why_not: one.why_not })),
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

export async function runDoctor(flags: LocalFlags): Promise<void> {
  const config = loadConfig({ data: flags.data }, process.env)
  const paths = pathsOf(config.data)
  const service = readServiceFile(paths)
  const { lines, sandbox, sandboxes } = await describeLadder()
  const bus = await describeBus(config)
  const report = {
    ...bus,
    capacity: machineCapacity(config),
    data: paths.root,
    database: await describeStore(config),
    models: describeModels(config),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    sandbox,
    service: service === null ? 'not running' : `${service.url} (process ${service.pid})`,
  }
  const shown = (value: unknown): string => (typeof value === 'string' ? value : Array.isArray(value) ? value.join('; ') : JSON.stringify(value))
  print(
    flags,
    { ...report, sandboxes },
    () =>
      `${table(Object.entries(report).map(([key, value]) => [key, shown(value)]))}\n\nSandboxes, strongest first (--sandbox of live, executor and benchmark run):\n${lines.join('\n')}`,
  )
  if ((bus.bus_problems ?? []).length > 0) process.exitCode = 1
}
