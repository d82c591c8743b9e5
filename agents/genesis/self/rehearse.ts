// Runs as a process of its own on a copy of this agent: says what its decisions would have been in recorded windows. It is given no token and reaches nothing.
import process from 'node:process'
import type { Cycle } from '../life/memory.ts'
import { rehearseHere } from './rehearsal.ts'

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const { cycles, policy } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly cycles: readonly Cycle[]; readonly policy: string }
process.stdout.write(JSON.stringify(rehearseHere(cycles, policy)))
