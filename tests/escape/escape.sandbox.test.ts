import { openBwrapDriver, openNodeDriver, openProcessDriver } from '@syntropism/runtime'
import { expect, it } from 'vitest'
import { tryAll } from './stage.ts'

/** What Node's permission model does not hold, said in docs/reference/sandbox.md. The last two depend on the host: a route to the address, and its user. */
const NODE_WEAK = ['open TCP port of the host', 'Unix socket of the host', 'socket without a file', 'kill the host']
const NODE_HOST = ['cloud metadata address', 'become root']

it('no program escapes from bubblewrap', async () => {
  const { verdicts } = await tryAll((root) => openBwrapDriver({ allow_weak: false, library_dir: root, state_dir: root }))
  expect(verdicts.length).toBeGreaterThan(20)
  expect(verdicts.filter((one) => !one.held).map((one) => `${one.attempt.name}: ${one.evidence}`)).toEqual([])
})

it("from Node's permission model escapes just what the documentation says", async () => {
  const { verdicts } = await tryAll((root) => openNodeDriver({ allow_weak: false, library_dir: root, state_dir: root }))
  const escaped = verdicts.filter((one) => !one.held && !NODE_HOST.includes(one.attempt.name))
  expect(escaped.map((one) => one.attempt.name)).toEqual(NODE_WEAK)
})

/** What plain processes in a control group still hold: limits, what the kernel keeps from everybody, and what the service refuses. */
const PROCESS_HELD = [
  'a token after its lease',
  'environment of the host',
  'inherited descriptors',
  'fork bomb',
  'memory bomb',
  'disk bomb',
  'one big file',
  'files without a name',
  'space behind odd names',
  'space too deep',
  'memory in files',
  'flood of files',
  'descriptor leak',
  'surviving daemon',
]

it('plain processes hold limits and nothing else', async () => {
  const { verdicts } = await tryAll((root) => openProcessDriver({ allow_weak: true, library_dir: root, state_dir: root }))
  const held = verdicts.filter((one) => one.held).map((one) => one.attempt.name)
  expect(held).toEqual(expect.arrayContaining(PROCESS_HELD))
  const escaped = verdicts.filter((one) => !one.held).map((one) => one.attempt.name)
  expect(escaped).toEqual(expect.arrayContaining(['another workspace', 'the database', "the operator's token", 'open TCP port of the host', 'kill the host']))
})
