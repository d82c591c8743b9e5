import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Thread, ThreadError, moduleBeside } from './thread.ts'

let folder = ''
let module: URL
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'syntropism-thread-'))
  const path = join(folder, 'thread.mjs')
  // Says what it is told, in order; fails and dies on demand. Its last word goes into a file.
  writeFileSync(
    path,
    `import { writeFileSync } from 'node:fs'
     import { setTimeout as wait } from 'node:timers/promises'
     import { workerData } from 'node:worker_threads'
     import { answerOnThread } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
     const heard = []
     answerOnThread(
       async (asked) => {
         if (asked === 'die') process.exit(1)
         heard.push(asked)
         if (asked === 'fail') throw Object.assign(new Error('it failed'), { code: 'reason' })
         if (asked === 'later') await wait(20)
         return [...heard]
       },
       () => writeFileSync(workerData, heard.join()),
     )`,
  )
  module = pathToFileURL(path)
})
afterAll(() => rmSync(folder, { force: true, recursive: true }))

const lastWords = (): string => join(folder, 'last-words')
const open = (lives_once: boolean): Thread => new Thread(module, { data: lastWords(), lives_once, name: 'test' })

describe.each([false, true])('a thread (lives once: %s)', (livesOnce) => {
  it('does what it is told and asked in that order, and ends when all of it is done', async () => {
    const thread = open(livesOnce)
    thread.tell('one')
    thread.tell('fail')
    const asked = thread.ask('later')
    await thread.end()
    expect(await asked).toEqual(['one', 'fail', 'later'])
    expect(readFileSync(lastWords(), 'utf8')).toBe('one,fail,later')
    await expect(thread.ask('more')).rejects.toThrow('the thread "test" has ended')
  })

  it('says what failed, with its code, and goes on', async () => {
    const thread = open(livesOnce)
    const failure: unknown = await thread.ask('fail').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ThreadError)
    expect(failure).toMatchObject({ code: 'reason', message: 'it failed' })
    expect(await thread.ask('after')).toEqual(['fail', 'after'])
    await thread.end()
  })
})

describe('a thread that died', () => {
  it('fails what was open, and is started again by the next question', async () => {
    const thread = open(false)
    expect(await thread.ask('before')).toEqual(['before'])
    await expect(Promise.all([thread.ask('later'), thread.ask('die')])).rejects.toThrow('the thread "test" has ended')
    expect(await thread.ask('anew')).toEqual(['anew'])
    await thread.end()
  })

  it('stays so when it lives once', async () => {
    const thread = open(true)
    await expect(thread.ask('die')).rejects.toThrow('the thread "test" has ended')
    await expect(thread.ask('anew')).rejects.toThrow('the thread "test" has ended')
    thread.tell('anew')
    await thread.end()
  })
})

it('a thread is a source beside a source, and built beside what is built', () => {
  expect(moduleBeside('file:///x/asks.ts', 'thread').href).toBe('file:///x/thread.ts')
  expect(moduleBeside('file:///x/asks.js', 'thread').href).toBe('file:///x/thread.js')
})
