import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { removeDir, tempDir } from '../program.ts'
import { type Fault, type FaultRun, type Row, between, createRandom } from './figures.ts'
import { lookAt, runWriter } from './writer.ts'

interface Counted {
  injected: number
  acknowledged: number
  lost: number
  twice: number
  off_micro: number
  recovery_ms: number[]
}
const none = (): Counted => ({ acknowledged: 0, injected: 0, lost: 0, off_micro: 0, recovery_ms: [], twice: 0 })

/** Looks at what the writer left, then runs the same load to its end on it: what was done answers as before, the rest happens now. */
async function lookAndGoOn(counted: Counted, path: string, first: ReturnType<typeof runWriter>, seed: number, loads?: number): Promise<void> {
  const found = await lookAt(path, first.acknowledged)
  const second = runWriter(path, 'never', 0, seed, loads)
  if (second.code !== 0) throw new Error(`the economy does not go on: ${second.stderr}`)
  const all = [...new Map([...first.acknowledged, ...second.acknowledged].map((one) => [one.id, one])).values()]
  const after = await lookAt(path, all)
  const answers = new Map(second.acknowledged.map(({ id, result }) => [id, JSON.stringify(result)]))
  const changed = first.acknowledged.filter(({ id, result }) => answers.get(id) !== JSON.stringify(result)).length
  counted.injected += 1
  counted.acknowledged += all.length
  counted.lost += found.lost + after.lost + changed
  counted.twice += found.twice + after.twice
  counted.off_micro += found.off_micro + after.off_micro
  counted.recovery_ms.push(found.recovery_ms)
}

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = tempDir()
  try {
    await work(join(folder, 'economy.sqlite'))
  } finally {
    removeDir(folder)
  }
}

const leaderKilled = (step: 'before' | 'inside' | 'after'): Fault => ({
  name: `leader killed ${step} a commit`,
  async run({ long, seed }: FaultRun): Promise<Row> {
    const random = createRandom(seed)
    const counted = none()
    for (let round = 0; round < (long ? 20 : 3); round++)
      await inFolder(async (path) => {
        const first = runWriter(path, step, between(random, 5, 50), seed + round)
        if (first.signal !== 'SIGKILL') throw new Error(`the writer was not killed: ${first.stderr}`)
        await lookAndGoOn(counted, path, first, seed + round)
      })
    return { fault: this.name, ...counted }
  },
})

/** Damage behind the last acknowledged commit: what a power cut leaves of a write that was under way. */
const tornLog: Fault = {
  name: 'write-ahead log torn or cut in the last write',
  async run({ long, seed }) {
    const random = createRandom(seed)
    const counted = none()
    for (let round = 0; round < (long ? 20 : 4); round++)
      await inFolder(async (path) => {
        const first = runWriter(path, 'after', between(random, 6, 50), seed + round)
        const log = `${path}-wal`
        const size = statSync(log).size
        if (size <= first.wal_bytes) throw new Error('the last write left nothing to damage')
        const place = between(random, first.wal_bytes, size - 1)
        if (round % 2 === 0) truncateSync(log, place)
        else {
          const file = openSync(log, 'r+')
          writeSync(file, Buffer.from([(readFileSync(log)[place] as number) ^ 0xff]), 0, 1, place)
          closeSync(file)
        }
        await lookAndGoOn(counted, path, first, seed + round)
      })
    return { fault: this.name, ...counted }
  },
}

const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0

const diskFull: Fault = {
  impossible() {
    const folder = tempDir()
    const can = mount('-t', 'tmpfs', '-o', 'size=1m', 'syntropism', folder)
    if (can) spawnSync('umount', [folder])
    removeDir(folder)
    return can ? null : 'mounting a small file system needs root'
  },
  name: 'disk full',
  async run({ long, seed }) {
    const counted = none()
    for (let round = 0; round < (long ? 10 : 2); round++) {
      const folder = tempDir()
      const disk = join(folder, 'disk')
      mkdirSync(disk)
      if (!mount('-t', 'tmpfs', '-o', `size=${700 + 100 * (round % 4)}k`, 'syntropism', disk)) throw new Error('the small file system could not be mounted')
      try {
        const path = join(disk, 'economy.sqlite')
        const first = runWriter(path, 'never', 0, seed + round, 200)
        if (first.code !== 75 || !/full|disk/i.test(first.stderr)) throw new Error(`the disk did not fill: ${first.stderr}`)
        if (!mount('-o', 'remount,size=64m', disk)) throw new Error('the small file system could not be enlarged')
        await lookAndGoOn(counted, path, first, seed + round, 200)
      } finally {
        spawnSync('umount', [disk])
        removeDir(folder)
      }
    }
    return { fault: this.name, ...counted }
  },
}

export const diskFaults: readonly Fault[] = [leaderKilled('before'), leaderKilled('inside'), leaderKilled('after'), tornLog, diskFull]
