import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { entriesBelow } from '../sandbox/index.ts'
import { Workspaces } from './workspace.ts'

const SECRET = 'of the host'
let root = ''
let workspaces: Workspaces
let parent = ''
const inChild = (name: string): string => join(workspaces.pathOf('child'), name)

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'syntropism-workspaces-'))
  workspaces = new Workspaces(join(root, 'agents', 'work'))
  parent = workspaces.pathOf('parent')
  mkdirSync(parent)
  writeFileSync(join(root, 'secret'), SECRET)
})
afterEach(() => rmSync(root, { force: true, recursive: true }))

describe('a child', () => {
  it('has its parent’s files and folders, those named laid over them, and no memory of its parent', () => {
    mkdirSync(join(parent, 'deep', 'er'), { recursive: true })
    for (const name of ['main.mjs', 'deep/er/x', 'memory.json']) writeFileSync(join(parent, name), name, { mode: 0o755 })
    workspaces.createChild('child', 'parent', { 'main.mjs': 'new', 'more.txt': 'more' })
    expect(['main.mjs', 'more.txt', 'deep/er/x'].map((name) => readFileSync(inChild(name), 'utf8'))).toEqual(['new', 'more', 'deep/er/x'])
    expect(existsSync(inChild('memory.json'))).toBe(false)
    expect(lstatSync(inChild('deep/er/x')).mode & 0o777).toBe(0o755)
  })

  it('gets links as links, and nothing is written through one', () => {
    symlinkSync(join(root, 'secret'), join(parent, 'notes.txt'))
    symlinkSync(root, join(parent, 'folder'))
    symlinkSync('main.mjs', join(parent, 'near'))
    workspaces.createChild('child', 'parent', { folder: 'y', 'notes.txt': 'x' })
    expect(readFileSync(join(root, 'secret'), 'utf8')).toBe(SECRET)
    expect([readFileSync(inChild('notes.txt'), 'utf8'), readFileSync(inChild('folder'), 'utf8')]).toEqual(['x', 'y'])
    expect(readlinkSync(inChild('near'))).toBe('main.mjs')
  })

  it('is born of a parent that has pipes', () => {
    execFileSync('mkfifo', [join(parent, 'pipe')])
    writeFileSync(join(parent, 'main.mjs'), 'x')
    workspaces.createChild('child', 'parent', {})
    expect(readdirSync(workspaces.pathOf('child'))).toEqual(['main.mjs'])
  })

  it('gets nothing of the host while its parent puts links in the place of its files and folders', async () => {
    // The sandbox has no such files; a copy that followed a link as the host would hand them out.
    const race = `import { renameSync, mkdirSync, symlinkSync, writeFileSync, rmSync } from 'node:fs'
      for (const n of [1, 2, 3, 4]) { mkdirSync('d' + n); writeFileSync('d' + n + '/secret', 'mine'); symlinkSync(${JSON.stringify(root)}, 'l' + n); writeFileSync('f' + n, 'mine'); symlinkSync(${JSON.stringify(join(root, 'secret'))}, 's' + n) }
      process.stdout.write('ready')
      for (;;) for (const n of [1, 2, 3, 4]) for (const [a, b] of [['d', 'l'], ['f', 's']]) { renameSync(a + n, 'x'); renameSync(b + n, a + n); renameSync(a + n, b + n); renameSync('x', a + n) }`
    writeFileSync(join(parent, 'race.mjs'), race)
    const racer = spawn(process.execPath, ['race.mjs'], { cwd: parent, stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise((done) => racer.once('close', done))
    await new Promise((done) => racer.stdout.once('data', done))
    for (let child = 0; child < 200; child++) {
      workspaces.createChild(`child-${child}`, 'parent', {})
      const folder = workspaces.pathOf(`child-${child}`)
      for (const { path, stat } of entriesBelow(folder)) if (stat.isFile()) expect(readFileSync(path, 'utf8')).not.toBe(SECRET)
      rmSync(folder, { recursive: true })
    }
    racer.kill('SIGKILL')
    await ended
  })
})

describe('a manifest', () => {
  const MANIFEST = { command: ['node', 'main.mjs'], name: 'parent', standing_bid: null }

  it('is read from the workspace', () => {
    writeFileSync(join(parent, 'agent.json'), JSON.stringify(MANIFEST))
    expect(workspaces.manifest('parent')).toMatchObject(MANIFEST)
  })

  it.each<[string, (path: string) => void]>([
    ['a link to a device without an end', (path) => symlinkSync('/dev/zero', path)],
    ['a link to a file of the host', (path) => symlinkSync(join(root, 'secret'), path)],
    ['a pipe that nobody writes to', (path) => void execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    ['nothing', () => undefined],
    ['more than anybody writes', (path) => (writeFileSync(path, '{}'), truncateSync(path, 200_000_000))],
    ['no JSON', (path) => writeFileSync(path, 'x')],
    ['another manifest than there are', (path) => writeFileSync(path, '{"name":1}')],
  ])('that is %s is refused at once, and shows nothing of the host', (_name, make) => {
    make(join(parent, 'agent.json'))
    expect(() => workspaces.manifest('parent')).toThrow(expect.objectContaining({ message: expect.not.stringContaining(SECRET) }))
  })
})
