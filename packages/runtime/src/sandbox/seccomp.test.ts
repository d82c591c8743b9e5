import { describe, expect, it } from 'vitest'
import { deniedOn, isFiltered, seccompFilter } from './seccomp.ts'
import { JUDGED, PROCESSORS, YOUNGEST } from './system-calls.ts'

interface Call {
  readonly number: number
  readonly args?: readonly number[]
  readonly architecture?: number
}

/** What the kernel's machine would answer: the few operations of the filter, read from its bytes. */
function answerTo(program: Buffer, { architecture, args = [], number }: Call): string {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number, 0)
  data.writeUInt32LE(architecture ?? 0, 4)
  for (const [index, value] of args.entries()) data.writeUInt32LE(value, 16 + 8 * index)
  let register = 0
  for (let at = 0; at < program.length; at += 8) {
    const [operation, value] = [program.readUInt16LE(at), program.readUInt32LE(at + 4)]
    const jump = (holds: boolean): number => 8 * program.readUInt8(at + (holds ? 2 : 3))
    if (operation === 0x20) register = data.readUInt32LE(value)
    else if (operation === 0x15) at += jump(register === value)
    else if (operation === 0x25) at += jump(register > value)
    else if (operation === 0x45) at += jump((register & value) !== 0)
    else if (operation === 0x06) return { 0x50001: 'EPERM', 0x50026: 'ENOSYS', 0x7fff0000: 'allowed', 0x80000000: 'killed' }[value] ?? `answer ${value}`
    else throw new Error(`no such operation: ${operation}`)
  }
  throw new Error('the filter ends without an answer')
}

const CLONE_THREAD = 0x3d0f00
const CLONE_NEWUSER = 0x10000000
const TIOCGWINSZ = 0x5413

describe.each(['x64', 'arm64'] as const)('the filter of %s', (processor) => {
  const { audit_arch: architecture, column } = PROCESSORS[processor]
  const program = seccompFilter(processor)
  const answer = (number: number, args: readonly number[] = []): string => answerTo(program, { architecture, args, number })

  it('refuses every call of the list, and lets the others through', () => {
    const denied = new Set(deniedOn(processor))
    expect(denied.size).toBeGreaterThan(55)
    const judged = Object.values(JUDGED).map((row) => row[column] as number)
    for (let number = 0; number <= YOUNGEST; number += 1)
      if (!judged.includes(number)) expect(`${number} ${answer(number)}`).toBe(`${number} ${denied.has(number) ? 'EPERM' : 'allowed'}`)
  })

  it('lets threads and children be made, and no namespaces', () => {
    expect(answer(JUDGED.clone[column], [CLONE_THREAD])).toBe('allowed')
    expect(answer(JUDGED.clone[column], [17])).toBe('allowed')
    expect(answer(JUDGED.clone[column], [CLONE_NEWUSER | 17])).toBe('EPERM')
    expect(answer(JUDGED.clone3[column])).toBe('ENOSYS')
  })

  it('lets sockets of the usual families be opened, and no input be typed into terminals', () => {
    for (const family of [1, 2, 10, 16]) expect(answer(JUDGED.socket[column], [family])).toBe('allowed')
    for (const family of [0, 17, 38, 40]) expect(answer(JUDGED.socket[column], [family])).toBe('EPERM')
    expect(answer(JUDGED.ioctl[column], [0, TIOCGWINSZ])).toBe('allowed')
    expect(answer(JUDGED.ioctl[column], [0, 0x5412])).toBe('EPERM')
  })

  it('answers younger calls as an older kernel does, and ends who calls by another convention', () => {
    expect(answer(YOUNGEST + 1)).toBe('ENOSYS')
    expect(answer(0x40000000 + 39)).toBe('ENOSYS')
    expect(answerTo(program, { architecture: 0x40000003, number: 1 })).toBe('killed')
  })
})

it('says for which processors there is a filter', () => {
  expect(['x64', 'arm64', 'riscv64'].map(isFiltered)).toEqual([true, true, false])
})
