import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { readStat, signal } from './proc.ts'
import type { SandboxLimits } from './types.ts'

/** What the kernel counted for a run: every process of it, also those nobody waited for. */
export interface CgroupUsage {
  readonly cpu_ms: number
  readonly memory_mb: number
  readonly memory_peak_mb: number
  readonly oom_kills: number
  readonly pids: readonly number[]
}

/** Where a run is counted, and what ends it whole. */
export interface RunGroup {
  usage(): CgroupUsage
  /** Holds the run to its CPU share from now on. */
  limitCpu(millicores: number): void
  kill(): void
  /** Kills what is left, waits until it is gone and removes the group. */
  remove(): Promise<void>
}

/** A control group made for one run. */
export interface Cgroup extends RunGroup {
  /** Files into which a process writes 0 to enter. */
  readonly doors: readonly string[]
}

/** What the kernel holds a group to from its beginning. */
type GroupLimits = Pick<SandboxLimits, 'memory_mb' | 'processes_max'>

export interface CgroupTree {
  readonly version: 1 | 2
  create(runId: string, limits: GroupLimits): Cgroup
}

const MB = 1_048_576
const PERIOD_US = 20_000
/** The kernel refuses quotas below a millisecond. */
const QUOTA_US_MIN = 1000
/** Tasks are threads: a Node process has about a dozen. */
export const TASKS_PER_PROCESS = 16
const PREFIX = 'syntropism-'
let made = 0
/** Containers can share the hierarchy and number their processes each by itself: a process id says something only beside the namespace it counts in. */
const pidNamespace = (): string => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
/** Name of a new group: two drivers of one process may both have a run of the same id. */
const nameOf = (runId: string): string => `${PREFIX}${pidNamespace()}-${process.pid}-${(made += 1)}-${runId}`
const MOUNT = '/sys/fs/cgroup'
/** How often, and how many times, it is looked whether killed processes are gone: half a minute on a machine that has no time for them. */
const KILLED_LOOK_MS = 2
const KILLED_TRIES_MAX = 15_000

const numberIn = (file: string): number => Number(readFileSync(file, 'utf8').trim())
const fieldIn = (file: string, name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0)
const quotaUs = (millicores: number): number => Math.max(QUOTA_US_MIN, Math.round((millicores * PERIOD_US) / 1000))
/** Members of a group; a group that is gone has none. */
function pidsIn(folder: string): number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

/** Folders of the groups that a process is in, by v1 controller; an empty name is the unified hierarchy. `within` ends each path after the part that it stands in, and leaves out others. */
function foldersOf(pid: number | 'self', within = ''): Map<string, string> {
  const folders = new Map<string, string>()
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')) {
    const [, names, path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (names === undefined || !path.includes(within)) continue
    const end = within === '' ? -1 : path.indexOf('/', path.indexOf(within))
    for (const name of names.split(',')) folders.set(name, join(MOUNT, names, end === -1 ? path : path.slice(0, end)))
  }
  return folders
}

type FileOf = (controller: 'cpuacct' | 'memory' | 'pids', name: string) => string
const usageV1 = (of: FileOf): CgroupUsage => ({
  cpu_ms: numberIn(of('cpuacct', 'cpuacct.usage')) / 1_000_000,
  memory_mb: numberIn(of('memory', 'memory.usage_in_bytes')) / MB,
  memory_peak_mb: numberIn(of('memory', 'memory.max_usage_in_bytes')) / MB,
  oom_kills: fieldIn(of('memory', 'memory.oom_control'), 'oom_kill'),
  pids: pidsIn(dirname(of('pids', 'cgroup.procs'))),
})
const usageV2 = (folder: string): CgroupUsage => ({
  cpu_ms: fieldIn(join(folder, 'cpu.stat'), 'usage_usec') / 1000,
  memory_mb: numberIn(join(folder, 'memory.current')) / MB,
  memory_peak_mb: numberIn(join(folder, 'memory.peak')) / MB,
  oom_kills: fieldIn(join(folder, 'memory.events'), 'oom_kill'),
  pids: pidsIn(folder),
})

/** Reads the groups that somebody else made and named `name`, by a process in them; null where it is in none of that name. */
export function readGroups(pid: number, name: string): (() => CgroupUsage) | null {
  const folders = foldersOf(pid, name)
  const [cpuacct, memory, pids, unified] = ['cpuacct', 'memory', 'pids', ''].map((controller) => folders.get(controller))
  if (cpuacct && memory && pids) {
    const of = { cpuacct, memory, pids }
    return () => usageV1((controller, file) => join(of[controller], file))
  }
  return unified === undefined ? null : () => usageV2(unified)
}

async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (let tries = 0; existsSync(folder); tries += 1) {
      for (const pid of pidsIn(folder)) signal(pid, 'SIGKILL')
      try {
        rmdirSync(folder)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        // Another host may clear away what a gone one left at the same time.
        if (code === 'ENOENT') break
        if (code !== 'EBUSY' || tries > KILLED_TRIES_MAX) throw error
        await wait(KILLED_LOOK_MS)
      }
    }
  }
}

/** Ends and removes the groups of a host that is gone; hosts that cannot be seen from here are left alone. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = new RegExp(`^${PREFIX}${pidNamespace()}-(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue
    removeFolders([join(parent, name)]).catch((error: unknown) => console.error(`syntropism: the control group ${name} of a former host stays:`, error))
  }
}

function createV1(parents: Readonly<Record<'cpu' | 'cpuacct' | 'memory' | 'pids', string>>, runId: string, limits: GroupLimits): Cgroup {
  const name = nameOf(runId)
  const folders = [...new Set(Object.values(parents))].map((parent) => join(parent, name))
  const of = (controller: keyof typeof parents, file: string): string => join(parents[controller], name, file)
  for (const folder of folders) mkdirSync(folder)
  writeFileSync(of('memory', 'memory.limit_in_bytes'), String(limits.memory_mb * MB))
  if (existsSync(of('memory', 'memory.memsw.limit_in_bytes'))) writeFileSync(of('memory', 'memory.memsw.limit_in_bytes'), String(limits.memory_mb * MB))
  writeFileSync(of('pids', 'pids.max'), String(limits.processes_max * TASKS_PER_PROCESS))
  writeFileSync(of('cpu', 'cpu.cfs_period_us'), String(PERIOD_US))
  return {
    doors: folders.map((folder) => join(folder, 'cgroup.procs')),
    kill() {
      for (const pid of pidsIn(join(parents.pids, name))) signal(pid, 'SIGKILL')
    },
    limitCpu: (millicores) => writeFileSync(of('cpu', 'cpu.cfs_quota_us'), String(quotaUs(millicores))),
    remove: () => removeFolders(folders),
    usage: () => usageV1(of),
  }
}

function createV2(parent: string, runId: string, limits: GroupLimits): Cgroup {
  const folder = join(parent, nameOf(runId))
  const file = (name: string): string => join(folder, name)
  mkdirSync(folder)
  writeFileSync(file('memory.max'), String(limits.memory_mb * MB))
  if (existsSync(file('memory.swap.max'))) writeFileSync(file('memory.swap.max'), '0')
  writeFileSync(file('pids.max'), String(limits.processes_max * TASKS_PER_PROCESS))
  return {
    doors: [file('cgroup.procs')],
    kill: () => writeFileSync(file('cgroup.kill'), '1'),
    limitCpu: (millicores) => writeFileSync(file('cpu.max'), `${quotaUs(millicores)} ${PERIOD_US}`),
    remove: () => removeFolders([folder]),
    usage: () => usageV2(folder),
  }
}

/** This process and those that started it, as far as they are in the group: a launcher must not keep it from having children. */
function ownLine(folder: string): number[] {
  const members = new Set(pidsIn(folder))
  const line: number[] = []
  for (let pid = process.pid; members.has(pid); pid = readStat(pid)?.ppid ?? 0) line.push(pid)
  return line
}

/** v2 wants processes in leaves alone: this process moves to one before its group may have children with limits. Where others share the group, it moves back. */
function openV2(): CgroupTree | null {
  const parent = foldersOf('self').get('')
  if (parent === undefined || !existsSync(join(parent, 'cgroup.controllers'))) return null
  const offered = readFileSync(join(parent, 'cgroup.controllers'), 'utf8').trim().split(' ')
  if (!['cpu', 'memory', 'pids'].every((name) => offered.includes(name))) return null
  const host = join(parent, 'host')
  mkdirSync(host, { recursive: true })
  const line = ownLine(parent)
  for (const pid of line) appendFileSync(join(host, 'cgroup.procs'), String(pid))
  try {
    writeFileSync(join(parent, 'cgroup.subtree_control'), '+cpu +memory +pids')
  } catch (error) {
    for (const pid of line) appendFileSync(join(parent, 'cgroup.procs'), String(pid))
    throw error
  }
  sweep(parent)
  return { create: (runId, limits) => createV2(parent, runId, limits), version: 2 }
}

function openV1(): CgroupTree | null {
  const own = foldersOf('self')
  const [cpu, cpuacct, memory, pids] = ['cpu', 'cpuacct', 'memory', 'pids'].map((controller) => own.get(controller))
  if (!cpu || !cpuacct || !memory || !pids) return null
  const parents = { cpu, cpuacct, memory, pids }
  for (const parent of new Set(Object.values(parents))) sweep(parent)
  return { create: (runId, limits) => createV1(parents, runId, limits), version: 1 }
}

const PROBE: GroupLimits = { memory_mb: 64, processes_max: 1 }

let tree: Promise<CgroupTree | null> | null = null
/** The control groups that this process may make below its own, tried by making one; null where there are none. */
export const openCgroups = (): Promise<CgroupTree | null> => (tree ??= findCgroups())

async function findCgroups(): Promise<CgroupTree | null> {
  if (process.platform !== 'linux') return null
  for (const open of [openV2, openV1]) {
    try {
      const found = open()
      if (found === null) continue
      await found.create('probe', PROBE).remove()
      return found
    } catch (error) {
      if (!['EACCES', 'EPERM', 'ENOENT', 'EROFS', 'EBUSY', 'EINVAL', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  return null
}
