import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readDisk } from './disk.ts'
import { assertNoLinksOut } from './workspace.ts'

const MAX = { bytes: 10_000_000, files: 1000 }
let folder = ''
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'syntropism-disk-'))))
afterEach(() => spawnSync('rm', ['-rf', folder]))
/** Runs a program in the folder: it may go deeper there than a path can say. */
const inside = (code: string): void =>
  expect(spawnSync(process.execPath, ['-e', `const fs = require('node:fs')\n${code}`], { cwd: folder, encoding: 'utf8' })).toMatchObject({ status: 0 })

it('counts what lies in folders whose names are no text', () => {
  inside('fs.mkdirSync(Buffer.from([0xff])); fs.writeFileSync(Buffer.from([0xff, 0x2f, 0x78]), Buffer.alloc(1e6, 120))')
  expect(readDisk(folder, MAX)).toMatchObject({ files: 2 })
  expect(readDisk(folder, MAX).bytes).toBeGreaterThanOrEqual(1_000_000)
})

it('takes what lies too deep to be looked at for more than is allowed', () => {
  inside(
    'for (let level = 0; level < 40; level++) { fs.mkdirSync("d".repeat(200)); process.chdir("d".repeat(200)) }; fs.writeFileSync("x", Buffer.alloc(1e6, 120))',
  )
  expect(readDisk(folder, MAX)).toEqual({ bytes: MAX.bytes + 1, files: MAX.files + 1 })
})

it('takes a folder that is shut to it for more than is allowed', () => {
  mkdirSync(join(folder, 'shut', 'below'), { recursive: true })
  chmodSync(join(folder, 'shut'), 0)
  // Root may open everything: another user looks.
  const isRoot = process.getuid?.() === 0
  if (isRoot) chmodSync(folder, 0o755)
  try {
    if (isRoot) process.seteuid?.(65_534)
    expect(readDisk(folder, MAX)).toEqual({ bytes: MAX.bytes + 1, files: MAX.files + 1 })
  } finally {
    if (isRoot) process.seteuid?.(0)
    chmodSync(join(folder, 'shut'), 0o755)
  }
  expect(readDisk(folder, MAX)).toMatchObject({ files: 2 })
})

it('counts a link and not where it leads to', () => {
  symlinkSync('/', join(folder, 'all'))
  expect(readDisk(folder, MAX)).toMatchObject({ files: 1 })
})

it('a link that leads out is found without going where it leads', () => {
  mkdirSync(join(folder, 'a'))
  writeFileSync(join(folder, 'a', 'x'), '')
  symlinkSync('a', join(folder, 'near'))
  expect(() => assertNoLinksOut(folder)).not.toThrow()
  symlinkSync('/', join(folder, 'a', 'all'))
  expect(() => assertNoLinksOut(folder)).toThrow(/leads out/)
  rmSync(join(folder, 'a', 'all'))
})
