import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readStat, readTree, signal } from './proc.ts'

/** Program of the watchdog: it outlives its parent by one pipe, and ends what the parent ran. Shell words alone, so that it starts in a millisecond. */
const PROGRAM = `pids=""; while read -r op pid; do if [ "$op" = + ]; then pids="$pids $pid"; else n=""; for p in $pids; do [ "$p" = "$pid" ] || n="$n $p"; done; pids="$n"; fi; done; for p in $pids; do kill -9 -- "-$p" 2>/dev/null; kill -9 "$p" 2>/dev/null; done; exit 0`

export interface Watchdog {
  add(pid: number): void
  remove(pid: number): void
  close(): void
}

/** Ends what an executor that died left running; a process id that was used again is recognised by its start time. */
function endLeftovers(path: string): void {
  if (!existsSync(path)) return
  const left = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; started: string }[]
  for (const { pid, started } of left) {
    if (readStat(pid)?.started !== started) continue
    for (const one of [...(readTree(pid)?.pids ?? [])].reverse()) signal(one, 'SIGKILL')
  }
  rmSync(path)
}

/** A small process that kills every listed process group once this process is gone, however it went. */
export function startWatchdog(statePath: string): Watchdog {
  endLeftovers(statePath)
  const child = spawn('/bin/sh', ['-c', PROGRAM], { detached: true, env: {}, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  const running = new Map<number, string>()
  const save = (): void => writeFileSync(statePath, JSON.stringify([...running].map(([pid, started]) => ({ pid, started }))), { mode: 0o600 })
  child.stdin.on('error', () => undefined)
  return {
    add(pid) {
      running.set(pid, readStat(pid)?.started ?? '')
      child.stdin.write(`+ ${pid}\n`)
      save()
    },
    close() {
      child.stdin.end()
    },
    remove(pid) {
      running.delete(pid)
      child.stdin.write(`- ${pid}\n`)
      save()
    },
  }
}
