import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { until } from '../../../../tests/contracts/events.ts'
import { openCgroups } from './cgroup.ts'

/** Where this process may make groups: of the v1 controller that counts tasks, else of the unified hierarchy. */
function ownFolder(): string {
  const line = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .map((one) => /^\d+:([^:]*):(.*)$/.exec(one))
    .find((one) => one?.[1]?.split(',').includes('pids') === true || (one?.[1] === '' && existsSync('/sys/fs/cgroup/cgroup.controllers')))
  if (line === null || line === undefined) throw new Error('there are no control groups')
  return join('/sys/fs/cgroup', line[1] ?? '', line[2] ?? '')
}

it('a new host ends what a gone one left, and leaves alone those whose processes it cannot see', async () => {
  const { pid: gone } = spawnSync('true')
  const namespace = Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0])
  const [left, foreign] = [namespace, namespace + 1].map((one) => join(ownFolder(), `syntropism-${one}-${gone}-1-lease`)) as [string, string]
  for (const folder of [left, foreign]) mkdirSync(folder)
  try {
    expect(await openCgroups()).not.toBeNull()
    await until(() => !existsSync(left))
    expect(existsSync(foreign)).toBe(true)
  } finally {
    rmdirSync(foreign)
  }
})
