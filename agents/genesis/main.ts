import { connect } from '@syntropism/sdk/node'
import { readMemory, writeMemory } from './life/memory.ts'
import { recover } from './self/recover.ts'

const client = connect()
const memory = readMemory()
memory.windows += 1
await recover(client, memory)
writeMemory(memory)
// Loaded only now: what a change has broken is taken back before it can end this window too.
const { spendWindow } = await import('./life/life.ts')
await spendWindow(client, memory)
memory.ended = memory.windows
writeMemory(memory)
