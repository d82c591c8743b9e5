import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deniedOn, isFiltered, seccompFilter } from './seccomp.ts'
import type { Protection } from './types.ts'

/** The system as every program sees it, read-only, with an empty /tmp and /dev/shm of 64 MB each. */
export const SYSTEM =
  '--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev --size 67108864 --tmpfs /dev/shm --remount-ro /dev --size 67108864 --tmpfs /tmp'.split(
    ' ',
  )
/** Comes after everything that is laid into the root folder, which bubblewrap makes in memory: it would have room for half of the machine's. */
export const CLOSED = ['--remount-ro', '/']
const ISOLATION = '--unshare-all --die-with-parent --new-session --cap-drop ALL'.split(' ')
const NO_USER_NAMESPACES = ['--unshare-user', '--disable-userns']
/** Descriptor from which bubblewrap reads the filter. */
const FILTER_FD = 3
/** Shell words that open the filter there; `FILTER` in the environment names its file. */
export const OPEN_FILTER = `exec ${FILTER_FD}< "$FILTER"; `
const FILTERED = ['--seccomp', String(FILTER_FD)]

function tries(args: readonly string[], filter: number | 'ignore' = 'ignore'): boolean {
  return (
    spawnSync('bwrap', [...ISOLATION, ...args, ...SYSTEM, ...CLOSED, '/bin/true'], { stdio: ['ignore', 'ignore', 'ignore', filter], timeout: 5000 }).status ===
    0
  )
}

/** Whether bubblewrap is installed and may make namespaces here: tried, not guessed. */
export const bwrapWorks = (): boolean => tries([])

/** What bubblewrap is told beside the parts of a run. */
export interface Walls {
  readonly isolation: readonly string[]
  readonly user_namespaces_off: boolean
  /** File with the seccomp filter, and how many calls it refuses; null where there is none, with the reason. */
  readonly filter: { readonly path: string; readonly calls: number } | null
  readonly why_no_filter: string
}

/** Finds out what this host can hold, by trying each. */
export function wallsOf(stateDir: string): Walls {
  const userNamespacesOff = tries(NO_USER_NAMESPACES)
  const isolation = [...ISOLATION, ...(userNamespacesOff ? NO_USER_NAMESPACES : [])]
  const none = (why_no_filter: string): Walls => ({ filter: null, isolation, user_namespaces_off: userNamespacesOff, why_no_filter })
  const { arch } = process
  if (!isFiltered(arch)) return none(`there is no filter for ${arch}`)
  const path = join(stateDir, 'seccomp.bpf')
  writeFileSync(path, seccompFilter(arch), { mode: 0o644 })
  const descriptor = openSync(path, 'r')
  const works = tries(FILTERED, descriptor)
  closeSync(descriptor)
  if (!works) return none('this kernel takes no seccomp filter')
  return { ...none(''), filter: { calls: deniedOn(arch).length, path }, isolation: [...isolation, ...FILTERED] }
}

/** What the filter refuses, for receipts and the doctor. */
export const filterOf = ({ filter, why_no_filter }: Walls): Protection => ({
  active: filter !== null,
  how: filter === null ? why_no_filter : `seccomp filter: ${filter.calls} calls refused, new namespaces, sockets of other families`,
  name: 'system calls',
})
