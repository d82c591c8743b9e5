import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workspaces } from './workspace.ts'

let root = ''
let workspaces: Workspaces
let work = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'syntropism-history-'))
  workspaces = new Workspaces(join(root, 'workspaces'))
  work = workspaces.pathOf('a')
  mkdirSync(work)
  writeFileSync(join(work, 'agent.json'), '{}')
})
afterEach(() => rmSync(root, { force: true, recursive: true }))

it('every run is a commit, also one that changed nothing, newest first', async () => {
  await workspaces.keep('a', 'lease-1 completed')
  const second = await workspaces.keep('a', 'lease-2 completed')
  const log = await workspaces.log('a', 10)
  expect(log.map((one) => one.message)).toEqual(['lease-2 completed', 'lease-1 completed'])
  expect(log[0]?.commit).toBe(second)
  expect(await workspaces.log('b', 10)).toEqual([])
})

it('a roll-back restores every file, drops what came later and keeps the history', async () => {
  mkdirSync(join(work, 'deep'))
  writeFileSync(join(work, 'deep', 'main.js'), 'good')
  const good = await workspaces.keep('a', 'lease-1 completed')
  writeFileSync(join(work, 'deep', 'main.js'), 'bad')
  writeFileSync(join(work, '.gitignore'), '*')
  writeFileSync(join(work, 'later.txt'), 'x')
  rmSync(join(work, 'agent.json'))
  await workspaces.keep('a', 'lease-2 crashed')
  await workspaces.rollBack('a', good)
  expect(readdirSync(work).sort()).toEqual(['agent.json', 'deep'])
  expect(readFileSync(join(work, 'deep', 'main.js'), 'utf8')).toBe('good')
  const log = await workspaces.log('a', 10)
  expect(log.map((one) => one.message)).toEqual([`rolled back to ${good}`, 'before the roll-back', 'lease-2 crashed', 'lease-1 completed'])
  await workspaces.rollBack('a', log[2]?.commit ?? '')
  expect(readFileSync(join(work, 'later.txt'), 'utf8'), 'a file that the workspace itself ignores is kept too').toBe('x')
})

it('an unknown state is refused and nothing changes', async () => {
  await workspaces.keep('a', 'lease-1 completed')
  await expect(workspaces.rollBack('a', 'f'.repeat(40))).rejects.toMatchObject({ code: 'commit_unknown' })
  expect(readdirSync(work)).toEqual(['agent.json'])
  expect(await workspaces.log('a', 10)).toHaveLength(1)
})

it('a named pipe in a workspace does not hold up the host', async () => {
  expect(spawnSync('mkfifo', [join(work, 'pipe')]).status).toBe(0)
  await workspaces.keep('a', 'lease-1 completed')
  expect(readdirSync(work)).toEqual(['agent.json'])
})

it('at death the workspace moves to the archive and its history stays', async () => {
  await workspaces.archive('a')
  expect(existsSync(work)).toBe(false)
  expect(readdirSync(join(root, 'archive', 'a'))).toEqual(['agent.json'])
  expect((await workspaces.log('a', 10)).map((one) => one.message)).toEqual(['archived at death'])
  workspaces.createFrom('a', join(root, 'archive', 'a'))
  expect(existsSync(work), 'the dead do not come back').toBe(false)
})

it('a state tells what it changed, line by line; a file that is no text is named alone', async () => {
  writeFileSync(join(work, 'notes.md'), 'one\ntwo\n')
  writeFileSync(join(work, 'picture'), new Uint8Array([0, 1, 2]))
  const first = await workspaces.keep('a', 'lease-1 completed')
  expect((await workspaces.changes('a', first)).map(({ change, path }) => `${change} ${path}`)).toEqual(['added agent.json', 'added notes.md', 'added picture'])
  mkdirSync(join(work, 'deep'))
  writeFileSync(join(work, 'deep', 'new.txt'), 'here\n')
  writeFileSync(join(work, 'notes.md'), 'one\n2\n')
  writeFileSync(join(work, 'picture'), new Uint8Array([0, 1, 3]))
  rmSync(join(work, 'agent.json'))
  const changes = await workspaces.changes('a', await workspaces.keep('a', 'lease-2 completed'))
  expect(changes.map(({ change, path }) => `${change} ${path}`)).toEqual(['removed agent.json', 'added deep/new.txt', 'changed notes.md', 'changed picture'])
  expect(changes[2]?.patch).toContain('-two\n+2\n')
  expect(changes[3]?.patch).toBeNull()
  await expect(workspaces.changes('a', '0'.repeat(40))).rejects.toMatchObject({ code: 'commit_unknown' })
})

it('what a run leaves behind reaches nothing of the host: links are kept as links, and what cannot be kept is removed without following one', async () => {
  const outside = join(root, 'outside')
  mkdirSync(outside)
  spawnSync('mkfifo', [join(outside, 'pipe')])
  symlinkSync(outside, join(work, 'out'))
  symlinkSync('/', join(work, 'all'))
  spawnSync('mkfifo', [join(work, 'own-pipe')])
  await workspaces.keep('a', 'lease-1 completed')
  expect(readdirSync(outside)).toEqual(['pipe'])
  expect(readdirSync(work).sort()).toEqual(['agent.json', 'all', 'out'])
  expect(readlinkSync(join(work, 'out'))).toBe(outside)
})

it('names of any bytes and depths of any length do not keep a workspace from being kept, rolled back and archived', async () => {
  const good = await workspaces.keep('a', 'lease-1 completed')
  const program = `const fs = require('node:fs')
fs.mkdirSync(Buffer.from('bad-\\xff', 'latin1'))
for (const name of ['bad-\\xff/x', 'file-\\xfe']) fs.writeFileSync(Buffer.from(name, 'latin1'), '')
for (const name of ['line\\nfeed', '🎉', '-rf']) fs.writeFileSync(name, '')
for (let level = 0; level < 60; level++) { fs.mkdirSync('d'.repeat(200)); process.chdir('d'.repeat(200)) }
fs.writeFileSync('deep', '')`
  expect(spawnSync(process.execPath, ['-e', program], { cwd: work, encoding: 'utf8' })).toMatchObject({ status: 0 })
  await workspaces.keep('a', 'lease-2 completed')
  expect(
    readdirSync(work)
      .filter((name) => !name.startsWith('ddd'))
      .sort(),
  ).toEqual(['-rf', 'agent.json', 'line\nfeed', '🎉'])
  await workspaces.rollBack('a', good)
  expect(readdirSync(work)).toEqual(['agent.json'])
  await workspaces.archive('a')
  expect(existsSync(work)).toBe(false)
})

it('the process that keeps a workspace goes on meanwhile, and many files come and go in a few commits', async () => {
  for (let file = 0; file < 400; file++) writeFileSync(join(work, `file-${file}`), String(file))
  let turns = 0
  const turning = setInterval(() => (turns += 1), 1)
  const many = await workspaces.keep('a', 'lease-1 completed')
  clearInterval(turning)
  expect(turns).toBeGreaterThan(3)
  expect(await workspaces.changes('a', many)).toHaveLength(100)
  for (let file = 0; file < 399; file++) rmSync(join(work, `file-${file}`))
  const few = await workspaces.keep('a', 'lease-2 completed')
  await workspaces.rollBack('a', many)
  expect(readdirSync(work)).toHaveLength(401)
  await workspaces.rollBack('a', few)
  expect(readdirSync(work).sort()).toEqual(['agent.json', 'file-399'])
})

it('work on one workspace happens in turn, and a state that is not there is said', async () => {
  const kept = await Promise.all(['1', '2', '3'].map((name) => workspaces.keep('a', name)))
  expect((await workspaces.log('a', 10)).map(({ message }) => message)).toEqual(['3', '2', '1'])
  await expect(workspaces.rollBack('a', 'f'.repeat(40))).rejects.toMatchObject({ code: 'commit_unknown', name: 'HistoryError' })
  await expect(workspaces.changes('a', 'f'.repeat(40))).rejects.toMatchObject({ code: 'commit_unknown' })
  await workspaces.settled('a')
  expect(new Set(kept).size).toBe(3)
})
