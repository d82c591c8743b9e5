import { spawnSync } from 'node:child_process'
import type { CgroupTree } from './cgroup.ts'
import type { Protection, SandboxLimits } from './types.ts'

const onLinux = process.platform === 'linux'
const hasPrlimit = onLinux && spawnSync('prlimit', ['--version'], { stdio: 'ignore' }).status === 0

/** Seconds of CPU that one process of a run may use at the most, rounded up, and one more: its group is held to its share. */
export const cpuSecondsOf = ({ cpu_millicores, duration_ms }: SandboxLimits): number =>
  Math.ceil((duration_ms * Math.max(1000, cpu_millicores)) / 1_000_000) + 1

/** Kernel limits of each process of a run, set before its program starts; nothing where prlimit is missing. */
export function rlimitsOf(limits: SandboxLimits): string[] {
  if (!hasPrlimit) return []
  return ['prlimit', `--nofile=${limits.open_files_max}`, `--fsize=${limits.disk_mb * 1_048_576}`, `--cpu=${cpuSecondsOf(limits)}`, '--core=0', '--']
}

const sampled = (name: string, how: string): Protection => ({ active: onLinux, how: onLinux ? how : 'not enforced on this platform', name })

const SAMPLED: readonly Protection[] = [
  { active: true, how: 'SIGKILL to the whole tree when the window is over', name: 'wall time' },
  sampled('memory', 'memory of the tree, without pages of files, sampled every 10 ms, SIGKILL above'),
  sampled('cpu share', 'SIGSTOP/SIGCONT every 10 ms to the share bought'),
  sampled('processes', 'tree counted every 10 ms, SIGKILL above'),
]

const inGroup = (kernel: string): readonly Protection[] => [
  { active: true, how: `SIGKILL to everything in the ${kernel} when the window is over`, name: 'wall time' },
  { active: true, how: `${kernel}: the kernel gives no byte more, without swap`, name: 'memory' },
  { active: true, how: `${kernel}: quota of the share bought, after a head start of 60 ms`, name: 'cpu share' },
  { active: true, how: `${kernel}: tasks limited by the kernel, processes counted every 10 ms`, name: 'processes' },
]

/** What holds every run of a driver whose programs are processes of this host. */
export const limitsWith = (cgroups: CgroupTree | null): readonly Protection[] => [
  ...(cgroups === null ? SAMPLED : inGroup(`control group v${cgroups.version}`)),
  {
    active: onLinux,
    how: onLinux ? 'workspace counted every 30 ms with files that have no name any more, SIGKILL above' : 'checked when the run ends',
    name: 'disk',
  },
  {
    active: hasPrlimit,
    how: hasPrlimit ? 'RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CPU, no core files' : 'prlimit is not installed',
    name: 'open files, file size, cpu seconds',
  },
  { active: true, how: 'nothing inherited', name: 'environment' },
]
