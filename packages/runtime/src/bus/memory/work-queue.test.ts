import { testWorkQueue } from '../../../../../tests/contracts/work-queue.ts'
import { MemoryWorkQueue } from './index.ts'

testWorkQueue('memory', async (settings) => new MemoryWorkQueue(settings))
