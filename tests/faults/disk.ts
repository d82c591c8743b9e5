import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { removeDir, tempDir } from '../program.ts'
import { type Fault, between, createRandom } from './figures.ts'
import { lookAndGoOn, none, runWriter } from './writer.ts'

/** Hands out the path of a new database file, and clears it away. */
export async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = tempDir()
  try {
    await work(join(folder, 'economy.sqlite'))
  } finally {
    removeDir(folder)
  }
}

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

export const diskFaults: readonly Fault[] = [tornLog, diskFull]
