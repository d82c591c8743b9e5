import { connect } from '@syntropism/sdk/node'
import { spendWindow } from './life/life.ts'
import { readMemory, writeMemory } from './life/memory.ts'

const memory = readMemory()
memory.windows += 1
await spendWindow(connect(), memory)
memory.ended = memory.windows
writeMemory(memory)
