import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'
import {
  EVERYTHING,
  START_MICRO,
  WINDOW_MICRO,
  type World,
  badServer,
  callsIn,
  createCallsFile,
  letGo,
  openWorld,
  packagePath,
  startEverythingOverHttp,
} from './world.ts'

const CREDIT = 1_000_000
let folder = ''
let calls = ''
let world: World
beforeEach(() => {
  folder = tempDir()
  calls = createCallsFile(folder)
})
afterEach(async () => {
  await world.close()
  removeDir(folder)
})
const textIn = (body: Record<string, unknown>): string => (body.result as { content: { text: string }[] }).content[0]?.text ?? ''

describe('a public MCP server', () => {
  it('over standard input and output is called by HTTP and by MCP, paid for, and recorded as a tool call', async () => {
    world = await openWorld({ servers: [EVERYTHING] })
    const listed = (await world.ask('GET', '/tools')).body.tools as { price: number; tool_name: string }[]
    expect(listed.find((tool) => tool.tool_name === 'get-sum')).toMatchObject({ price: 2, price_micro: 2 * CREDIT, server_id: 'everything' })
    const sum = await world.call('everything', 'get-sum', { a: 2, b: 40 }, { justification: 'to know' })
    expect(sum).toMatchObject({ body: { cached: false, charged_micro: 2 * CREDIT, is_error: false, status: 'answered' }, status: 200 })
    expect(textIn(sum.body)).toContain('42')
    const client = await world.client()
    const tool = (await client.listTools()).tools.find((one) => one.name === 'everything.echo')
    expect(tool).toMatchObject({ inputSchema: { required: ['message'] } })
    const echo = await client.callTool({ arguments: { message: 'hello' }, name: 'everything.echo' })
    expect(echo).toMatchObject({ isError: false, structuredContent: { charged_micro: 2 * CREDIT } })
    expect(JSON.stringify(echo)).toContain('Echo: hello')
    expect([world.balance(), world.burned()]).toEqual([START_MICRO - 4 * CREDIT, WINDOW_MICRO + 4 * CREDIT])
    await world.seen('tool_call_completed', ({ tool_name }) => tool_name === 'everything.echo')
    expect(world.of('tool_call_initiated').slice(-2)).toMatchObject([
      { justification: 'to know', parameters: { arguments: { a: 2, b: 40 } }, tool_name: 'everything.get-sum' },
      { parameters: { arguments: { message: 'hello' } }, tool_name: 'everything.echo' },
    ])
    expect(world.of('tool_call_settled')).toMatchObject([
      { call_id: 'tool-call-1', charged_micro: 2 * CREDIT, outcome: 'answered', server_id: 'everything', tool_name: 'get-sum' },
      { call_id: 'tool-call-2', charged_micro: 2 * CREDIT, outcome: 'answered' },
    ])
    expect((await world.ask('GET', '/tools/calls/tool-call-1')).body).toMatchObject({ agent_id: 'a', arguments: { a: 2, b: 40 }, status: 'answered' })
  })

  it('over Streamable HTTP is called the same, and reached again after it was away', async () => {
    const server = await startEverythingOverHttp()
    world = await openWorld({ servers: [{ allow: ['echo'], id: 'far', price: 0.5, url: server.url }] })
    const echo = await world.call('far', 'echo', { message: 'over there' })
    expect(echo).toMatchObject({ body: { charged_micro: CREDIT / 2 }, status: 200 })
    expect(textIn(echo.body)).toBe('Echo: over there')
    expect((await world.ask('GET', '/tools')).body.tools).toHaveLength(1)
    await server.stop()
    const gone = await world.call('far', 'echo', { message: 'x' })
    expect(gone).toMatchObject({ body: { code: 'tool_failed' }, status: 502 })
    expect(world.balance()).toBe(START_MICRO - CREDIT / 2)
  })

  it('with files keeps to the folder that it was given', async () => {
    writeFileSync(join(folder, 'note.txt'), 'what was noted')
    const command = [process.execPath, packagePath('server-filesystem'), folder]
    world = await openWorld({ servers: [{ allow: ['read_text_file'], command, id: 'files', price: 1, write: [folder] }] })
    expect(textIn((await world.call('files', 'read_text_file', { path: join(folder, 'note.txt') })).body)).toBe('what was noted')
    const outside = await world.call('files', 'read_text_file', { path: '/etc/passwd' })
    // The server answered, that is: it is paid for its refusal.
    expect(outside).toMatchObject({ body: { charged_micro: CREDIT, is_error: true }, status: 200 })
  })
})

describe('a call that is not let through costs nothing and reaches no server', () => {
  it.each([
    ['an unknown server', 'nobody', 'x', {}, 404, 'tool_unknown'],
    ['an unknown tool', 'bad', 'nothing', {}, 403, 'tool_not_allowed'],
    ['a tool that is not on the list of the allowed', 'bad', 'slow', { n: 1 }, 403, 'tool_not_allowed'],
    ['a missing argument', 'bad', 'add-one', {}, 422, 'tool_arguments_invalid'],
    ['an argument of a wrong type', 'bad', 'add-one', { n: 'one' }, 422, 'tool_arguments_invalid'],
    ['an argument too many', 'bad', 'add-one', { m: 1, n: 1 }, 422, 'tool_arguments_invalid'],
  ])('%s', async (_name, server, tool, input, status, code) => {
    world = await openWorld({ servers: [badServer(calls, { allow: ['add-one', 'absent'] })] })
    expect(await world.call(server, tool, input)).toMatchObject({ body: { code }, status })
    expect([world.balance(), callsIn(calls), world.of('tool_call_admitted')]).toEqual([START_MICRO, [], []])
    await world.seen('tool_call_completed')
    expect(world.of('tool_call_completed')).toMatchObject([{ response: { error: code }, result: 'failure', tool_name: `${server}.${tool}` }])
  })

  it('an allowed tool that the server does not have', async () => {
    world = await openWorld({ servers: [badServer(calls, { allow: ['add-one', 'absent'] })] })
    expect(await world.call('bad', 'absent', {})).toMatchObject({ body: { code: 'tool_unknown' }, status: 404 })
  })

  it('without the credits', async () => {
    world = await openWorld({ grant_micro: CREDIT - 1, servers: [badServer(calls)] })
    const refused = await world.call('bad', 'add-one', { n: 1 })
    expect(refused).toMatchObject({ body: { code: 'credits_insufficient', figures: { available_micro: CREDIT - 1, required_micro: CREDIT } }, status: 402 })
    expect(callsIn(calls)).toEqual([])
  })

  it('by anybody but an agent, or where no tools are configured', async () => {
    world = await openWorld({ servers: [badServer(calls)] })
    expect((await world.call('bad', 'add-one', { n: 1 }, {}, { authorization: 'Bearer operator' })).status).toBe(403)
    const { tools } = (await world.ask('GET', '/tools', undefined, { authorization: 'Bearer operator' })).body
    expect(tools).toHaveLength(11)
  })

  it('of a server that does not exist, which is said at the list too', async () => {
    world = await openWorld({ servers: [{ allow: ['*'], command: ['/nowhere/tool'], id: 'missing', price: 1 }, badServer(calls)] })
    expect(await world.call('missing', 'x', {})).toMatchObject({ body: { code: 'tool_failed' }, status: 502 })
    const { body } = await world.ask('GET', '/tools')
    expect(body.unreachable).toMatchObject([{ reason: expect.stringMatching(/nowhere\/tool.*(No such file|not found)/) as string, server_id: 'missing' }])
    expect(body.tools).toHaveLength(11)
    expect((await world.client().then((client) => client.listTools())).tools.some((tool) => tool.name === 'bad.add-one')).toBe(true)
  })
})

describe('a tool that does not answer is not paid', () => {
  it('when its server crashes in the call, and the next call finds it started again', async () => {
    world = await openWorld({ servers: [badServer(calls)] })
    expect(await world.call('bad', 'crash', { n: 1 })).toMatchObject({ body: { code: 'tool_failed', figures: { call_id: 'tool-call-1' } }, status: 502 })
    expect(world.balance()).toBe(START_MICRO)
    expect((await world.call('bad', 'add-one', { n: 1 })).body).toMatchObject({ result: { structuredContent: { n: 2 } } })
    expect(callsIn(calls)).toEqual(['crash 1', 'add-one 1'])
    expect(world.of('tool_call_settled')[0]).toMatchObject({ charged_micro: 0, outcome: 'failed' })
  })

  it('when it hangs, and others go on meanwhile', async () => {
    world = await openWorld({ servers: [badServer(calls, { tools: { hang: { timeout_ms: 300 } } })] })
    const [hung, other] = await Promise.all([world.call('bad', 'hang', { n: 1 }), world.call('bad', 'add-one', { n: 1 })])
    expect(hung).toMatchObject({ body: { code: 'tool_timeout' }, status: 504 })
    expect(other.status).toBe(200)
    expect(world.balance()).toBe(START_MICRO - CREDIT)
  })

  it('when its result is too large, however large', async () => {
    world = await openWorld({ servers: [badServer(calls, { result_bytes_max: 2000 })] })
    expect(await world.call('bad', 'huge', { n: 3000 })).toMatchObject({ body: { code: 'tool_result_too_large' }, status: 502 })
    expect(await world.call('bad', 'huge', { n: 20_000_000 })).toMatchObject({ body: { code: 'tool_failed' }, status: 502 })
    expect((await world.call('bad', 'huge', { n: 100 })).status).toBe(200)
    expect(world.balance()).toBe(START_MICRO - CREDIT)
  })

  it.each([100, 50_000])('when its result is nested %i levels deep, and the economy goes on', async (n) => {
    world = await openWorld({ servers: [badServer(calls, { result_bytes_max: 524_288 })] })
    expect(await world.call('bad', 'deep', { n })).toMatchObject({ body: { code: 'tool_failed' }, status: 502 })
    expect((await world.call('bad', 'deep', { n: 10 })).status).toBe(200)
    expect(world.balance()).toBe(START_MICRO - CREDIT)
  })

  it('but is when its answer stands among lines that are none', async () => {
    world = await openWorld({ servers: [badServer(calls)] })
    expect(await world.call('bad', 'junk', { n: 1 })).toMatchObject({ body: { charged_micro: CREDIT, is_error: false }, status: 200 })
  })

  it('but one that answers with an error of its own is', async () => {
    world = await openWorld({ servers: [badServer(calls)] })
    expect(await world.call('bad', 'refuse', { n: 1 })).toMatchObject({ body: { charged_micro: CREDIT, is_error: true }, status: 200 })
  })
})

describe('terms of a tool', () => {
  it('retries: a call is tried again, and paid once', async () => {
    world = await openWorld({ servers: [badServer(calls, { retries: 2 })] })
    expect(await world.call('bad', 'crash-once', { n: 7 })).toMatchObject({ body: { charged_micro: CREDIT }, status: 200 })
    expect(await world.call('bad', 'crash', { n: 8 })).toMatchObject({ body: { code: 'tool_failed' }, status: 502 })
    expect(callsIn(calls)).toEqual(['crash-once 7', 'crash-once 7', 'crash 8', 'crash 8', 'crash 8'])
    expect(world.balance()).toBe(START_MICRO - CREDIT)
  })

  it('cache: an answer serves again for the same arguments, free of charge', async () => {
    world = await openWorld({ servers: [badServer(calls, { tools: { 'add-one': { cache_ttl_ms: 60_000 } } })] })
    expect((await world.call('bad', 'add-one', { n: 1 })).body).toMatchObject({ cached: false, charged_micro: CREDIT })
    expect((await world.call('bad', 'add-one', { n: 1 })).body).toMatchObject({
      cached: true,
      call_id: null,
      charged_micro: 0,
      result: { structuredContent: { n: 2 } },
    })
    expect((await world.call('bad', 'add-one', { n: 2 })).body).toMatchObject({ cached: false })
    expect((await world.call('bad', 'refuse', { n: 2 })).body).toMatchObject({ cached: false })
    expect(callsIn(calls)).toEqual(['add-one 1', 'add-one 2', 'refuse 2'])
    expect(world.balance()).toBe(START_MICRO - 3 * CREDIT)
  })

  it('parallel: more calls than allowed at once wait their turn', async () => {
    world = await openWorld({ servers: [badServer(calls, { parallel_max: 1 })] })
    const first = world.call('bad', 'slow', { n: 1 })
    await world.seen('tool_call_started')
    const second = world.call('bad', 'add-one', { n: 1 })
    await world.seen('tool_call_admitted', ({ call_id }) => call_id === 'tool-call-2')
    expect(world.of('tool_call_started')).toHaveLength(1)
    letGo(calls, 1)
    expect([(await first).status, (await second).status]).toEqual([200, 200])
    expect(callsIn(calls)).toEqual(['slow 1', 'add-one 1'])
  })

  it('environment: a server gets what is named and nothing else', async () => {
    process.env.TOOL_TEST_GIVEN = 'given'
    process.env.TOOL_TEST_KEPT = 'kept'
    world = await openWorld({ servers: [badServer(calls, { env: ['TOOL_TEST_GIVEN'] })] })
    const seen = JSON.parse(textIn((await world.call('bad', 'secret', { n: 1 })).body)) as Record<string, string>
    expect([seen.TOOL_TEST_GIVEN, seen.TOOL_TEST_KEPT]).toEqual(['given', undefined])
    // PWD is where bubblewrap went for it.
    expect(['HOME', 'LANG', 'PATH', 'PWD', 'TOOL_TEST_GIVEN']).toEqual(expect.arrayContaining(Object.keys(seen).filter((name) => !name.startsWith('__'))))
  })
})

describe('one who calls', () => {
  it('with the same key again gets the first answer, and pays once', async () => {
    world = await openWorld({ servers: [badServer(calls)] })
    const key = { 'idempotency-key': 'once' }
    const asked = [1, 2].map(() => world.call('bad', 'slow', { n: 1 }, {}, key))
    await world.seen('tool_call_started')
    letGo(calls, 1)
    const both = await Promise.all(asked)
    const later = await world.call('bad', 'slow', { n: 1 }, {}, key)
    expect([...both, later].map(({ body }) => body.call_id)).toEqual(['tool-call-1', 'tool-call-1', 'tool-call-1'])
    expect([...both, later].map(({ body }) => body.status)).toEqual(['answered', 'answered', 'answered'])
    expect(callsIn(calls)).toEqual(['slow 1'])
    expect(world.balance()).toBe(START_MICRO - CREDIT)
  })

  it('does not wait for ever: the call goes on and is asked for later', async () => {
    world = await openWorld({ servers: [badServer(calls)] })
    const open = await world.call('bad', 'slow', { n: 1 }, { wait_ms: 0 })
    expect(open.body).toMatchObject({ call_id: 'tool-call-1', status: 'open' })
    letGo(calls, 1)
    await world.seen('tool_call_settled')
    expect((await world.ask('GET', '/tools/calls/tool-call-1')).body).toMatchObject({ charged_micro: CREDIT, status: 'answered' })
    expect((await world.ask('GET', '/tools/calls/tool-call-9')).body).toMatchObject({ code: 'tool_call_unknown' })
  })

  it('dies meanwhile: nothing is charged', async () => {
    world = await openWorld({ servers: [badServer(calls)] })
    const call = world.call('bad', 'slow', { n: 1 })
    await world.seen('tool_call_started')
    await world.host.submit({ agent_id: 'a', owner: 'operator', reason: 'test', type: 'kill_agent' })
    expect(await call).toMatchObject({ body: { code: 'tool_failed', figures: { reason: 'agent_dead' } } })
    expect(world.of('tool_call_settled')).toMatchObject([{ charged_micro: 0, reason: 'agent_dead' }])
  })
})
