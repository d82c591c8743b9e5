import { ALLOWED, DENIED, JUDGED, PROCESSORS, YOUNGEST } from './system-calls.ts'

/** Operations of the kernel's classic packet filter, as far as they are used here (linux/bpf_common.h). */
const LOAD_WORD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_GREATER = 0x25
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06

/** Places in the kernel's struct seccomp_data. Both processors are little-endian: the low half of an argument comes first. */
const NUMBER = 0
const ARCHITECTURE = 4
const argument = (index: number): number => 16 + 8 * index

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const ANSWER_ERROR = 0x00050000
const EPERM = 1
const ENOSYS = 38

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NEW_NAMESPACES = 0x7e020000
/** UNIX, INET, INET6, NETLINK: what Node and Python open. A family such as VSOCK is held by no network namespace. */
const SOCKET_FAMILIES = [1, 2, 10, 16]
/** TIOCSTI and TIOCLINUX type into the terminal of another. */
const TERMINAL_INPUT = [0x5412, 0x541c]

interface Step {
  readonly operation: number
  readonly value: number
  /** Steps to pass over when the comparison holds, and when it does not. */
  readonly whenTrue?: number
  readonly whenFalse?: number
}

const load = (place: number): Step => ({ operation: LOAD_WORD, value: place })
const answer = (value: number): Step => ({ operation: RETURN, value })
const refuse = (error: number): Step => answer(ANSWER_ERROR | error)
/** Runs the steps where the comparison holds, and passes over them where it does not. */
const when = (operation: number, value: number, steps: readonly Step[]): Step[] => [{ operation, value, whenFalse: steps.length, whenTrue: 0 }, ...steps]
const equals = (value: number, steps: readonly Step[]): Step[] => when(JUMP_EQUAL, value, steps)

type Processor = keyof typeof PROCESSORS
/** Whether there is a filter for a processor. */
export const isFiltered = (processor: string): processor is Processor => processor in PROCESSORS

/** Numbers that are refused on a processor. */
export const deniedOn = (processor: Processor): number[] => Object.values(DENIED).flatMap((row) => row[PROCESSORS[processor].column] ?? [])

function stepsFor(processor: Processor): Step[] {
  const { audit_arch, column } = PROCESSORS[processor]
  return [
    load(ARCHITECTURE),
    { operation: JUMP_EQUAL, value: audit_arch, whenFalse: 0, whenTrue: 1 },
    // A call by the convention of another processor (32 bits) has other numbers: nobody needs it.
    answer(KILL_PROCESS),
    load(NUMBER),
    // Also the numbers of x32, which begin at 2^30.
    ...when(JUMP_GREATER, YOUNGEST, [refuse(ENOSYS)]),
    ...deniedOn(processor).flatMap((number) => equals(number, [refuse(EPERM)])),
    // Its flags lie in memory, where a filter cannot look: C libraries then take clone.
    ...equals(JUDGED.clone3[column], [refuse(ENOSYS)]),
    ...equals(JUDGED.clone[column], [load(argument(0)), ...when(JUMP_ANY_BIT, NEW_NAMESPACES, [refuse(EPERM)]), answer(ALLOW)]),
    ...equals(JUDGED.socket[column], [load(argument(0)), ...SOCKET_FAMILIES.flatMap((family) => equals(family, [answer(ALLOW)])), refuse(EPERM)]),
    ...equals(JUDGED.ioctl[column], [load(argument(1)), ...TERMINAL_INPUT.flatMap((request) => equals(request, [refuse(EPERM)])), answer(ALLOW)]),
    answer(ALLOW),
  ]
}

/** The seccomp filter of a processor as the kernel reads it: struct sock_filter, eight bytes a step. */
export function seccompFilter(processor: Processor): Buffer {
  const steps = stepsFor(processor)
  const program = Buffer.alloc(steps.length * 8)
  for (const [index, { operation, value, whenFalse = 0, whenTrue = 0 }] of steps.entries()) {
    program.writeUInt16LE(operation, index * 8)
    program.writeUInt8(whenTrue, index * 8 + 2)
    program.writeUInt8(whenFalse, index * 8 + 3)
    program.writeUInt32LE(value, index * 8 + 4)
  }
  return program
}

const ARCHITECTURES: Readonly<Record<Processor, string>> = { arm64: 'SCMP_ARCH_AARCH64', x64: 'SCMP_ARCH_X86_64' }

/** The same filter as a profile of the container engines. Whatever is not allowed is answered ENOSYS; a container has no terminal of another into which it could type. */
export function seccompProfile(processor: Processor): string {
  const allow = (names: readonly string[], args: readonly object[] = []) => ({ action: 'SCMP_ACT_ALLOW', args, names })
  const refusal = (names: readonly string[], errnoRet: number) => ({ action: 'SCMP_ACT_ERRNO', errnoRet, names })
  return JSON.stringify({
    architectures: [ARCHITECTURES[processor]],
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    syscalls: [
      allow([...ALLOWED, 'ioctl']),
      refusal(Object.keys(DENIED), EPERM),
      // By name, because Docker 20.10 answers EPERM to whatever is not named: then no thread could be made.
      refusal(['clone3'], ENOSYS),
      allow(['clone'], [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: NEW_NAMESPACES, valueTwo: 0 }]),
      ...SOCKET_FAMILIES.map((value) => allow(['socket'], [{ index: 0, op: 'SCMP_CMP_EQ', value, valueTwo: 0 }])),
    ],
  })
}
