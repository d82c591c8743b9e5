import { writeFileSync } from 'node:fs'
import { type AddressInfo, type Server, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'
import { EVERYTHING, type World, openWorld, packagePath } from './world.ts'

let outside = ''
let host: Server
let world: World
beforeEach(async () => {
  outside = tempDir()
  writeFileSync(join(outside, 'note.txt'), 'what was noted')
  host = createServer()
  await new Promise<void>((done) => host.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  await world.close()
  host.close()
  removeDir(outside)
})

const NOSY = [process.execPath, join(import.meta.dirname, 'nosy-server.mjs')]
const nosy = (more: object = {}): object => ({ allow: ['*'], command: NOSY, id: 'nosy', price: 0, sandbox: 'bubblewrap', ...more })
const ask = async (tool: string, what: string, server = 'nosy'): Promise<string> => {
  const { body } = await world.call(server, tool, tool === 'read_text_file' ? { path: what } : { what })
  return (body.result as { content: { text: string }[] } | undefined)?.content[0]?.text ?? String(body.code)
}
const port = (): string => String((host.address() as AddressInfo).port)

describe('the program of an outside MCP server', () => {
  it('sees the folders that it was given and none of the service', async () => {
    const folder = tempDir()
    writeFileSync(join(folder, 'tokens.json'), 'the operator token')
    world = await openWorld({
      folder,
      servers: [nosy(), nosy({ id: 'reader', read: [process.cwd(), outside] }), nosy({ id: 'around', read: [process.cwd(), folder] })],
    })
    expect(await ask('read', join(outside, 'note.txt'))).toBe('ENOENT')
    expect(await ask('read', join(outside, 'note.txt'), 'reader')).toBe('what was noted')
    expect(await ask('read', join(folder, 'tokens.json'))).toBe('ENOENT')
    expect(await ask('read', join(folder, 'tokens.json'), 'around')).toBe('ENOENT')
    expect(await ask('read', '/etc/passwd')).toBe('ENOENT')
    expect(await ask('read', `/proc/${process.pid}/environ`)).toBe('ENOENT')
  })

  it('has a network only where it was given one', async () => {
    world = await openWorld({ servers: [nosy(), nosy({ id: 'online', network: true })] })
    expect(await ask('connect', port())).toMatch(/ECONNREFUSED|ENETUNREACH/)
    expect(await ask('connect', port(), 'online')).toBe('connected')
  })

  it('is ended at its memory, and started again for the next call', async () => {
    world = await openWorld({ servers: [nosy({ memory_mb: 128 })] })
    expect(await ask('take', '16')).toBe('16000000')
    expect(await ask('take', '400')).toBe('tool_failed')
    expect(await ask('take', '16')).toBe('16000000')
  })

  it('may be a public server, with its folder or without any', async () => {
    const files = { allow: ['read_text_file'], command: [process.execPath, packagePath('server-filesystem'), outside], id: 'files', price: 1 }
    world = await openWorld({
      servers: [
        { ...EVERYTHING, sandbox: 'bubblewrap' },
        { ...files, sandbox: 'bubblewrap', write: [outside] },
      ],
    })
    expect(await world.call('everything', 'get-sum', { a: 2, b: 40 })).toMatchObject({ body: { is_error: false, status: 'answered' } })
    expect(await ask('read_text_file', join(outside, 'note.txt'), 'files')).toBe('what was noted')
    expect(await world.call('files', 'read_text_file', { path: '/etc/passwd' })).toMatchObject({ body: { is_error: true } })
  })

  it('under the permission model reads what it was given, and as a plain process what it likes', async () => {
    world = await openWorld({ servers: [nosy({ sandbox: 'node' }), nosy({ id: 'plain', sandbox: 'process' })] })
    expect(await ask('read', join(outside, 'note.txt'))).toBe('ERR_ACCESS_DENIED')
    expect(await ask('read', join(outside, 'note.txt'), 'plain')).toBe('what was noted')
    expect(world.logged.filter((line) => line.includes('in no sandbox'))).toHaveLength(1)
  })
})
