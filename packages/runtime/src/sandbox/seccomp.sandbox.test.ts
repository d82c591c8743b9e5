import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type SandboxDriver, type SandboxExit, openBwrapDriver } from './index.ts'
import { isFiltered } from './seccomp.ts'
import { ALLOWED, DENIED, JUDGED, PROCESSORS, YOUNGEST } from './system-calls.ts'

let root = ''
let driver: SandboxDriver
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'syntropism-seccomp-'))
  mkdirSync(join(root, 'node_modules'))
  mkdirSync(join(root, 'work'))
  writeFileSync(join(root, 'service.sock'), '')
  driver = await openBwrapDriver({ allow_weak: false, library_dir: root, state_dir: root })
})
afterEach(async () => {
  await driver.close()
  rmSync(root, { force: true, recursive: true })
})

async function run(command: string[], file: string, code: string): Promise<SandboxExit> {
  writeFileSync(join(root, 'work', file), code)
  chmodSync(join(root, 'work', file), 0o755)
  const running = await driver.start({
    command,
    env: {},
    limits: { cpu_millicores: 1000, disk_mb: 64, duration_ms: 300_000, files_max: 1000, memory_mb: 256, open_files_max: 256, processes_max: 8 },
    run_id: 'seccomp',
    service_socket_path: join(root, 'service.sock'),
    service_url: '',
    workspace_dir: join(root, 'work'),
  })
  return running.exit
}

/** Numbers in a header of the kernel: `#define __NR_name number`. */
function numbersIn(header: string): Map<string, number> {
  const found = readFileSync(header, 'utf8').matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)/gm)
  return new Map([...found].map(([, name = '', number]) => [name, Number(number)]))
}

it("the numbers of the filter are those of the kernel's headers, for both processors", () => {
  const headers = [
    numbersIn(`/usr/include/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu/asm/unistd${process.arch === 'x64' ? '_64' : ''}.h`),
    numbersIn('/usr/include/asm-generic/unistd.h'),
  ]
  if (process.arch !== 'x64') headers.shift()
  for (const [name, row] of Object.entries({ ...DENIED, ...JUDGED }))
    for (const [index, header] of headers.entries()) {
      const number = row[headers.length === 2 ? index : 1]
      expect(`${name} ${header.get(name) ?? null}`).toBe(`${name} ${number}`)
    }
})

it("the profile for container engines names every call of the kernel's headers once, and the youngest", () => {
  if (process.arch !== 'x64') return
  const named = [...ALLOWED, ...Object.keys(DENIED), ...Object.keys(JUDGED)]
  expect(named.toSorted()).toEqual([...new Set(named)].toSorted())
  const header = numbersIn('/usr/include/x86_64-linux-gnu/asm/unistd_64.h')
  expect([...header.keys()].filter((name) => !named.includes(name))).toEqual([])
  const youngest = Math.max(...header.values())
  expect(named.filter((name) => !header.has(name))).toHaveLength(YOUNGEST - youngest)
})

it('every call of the list is refused inside, as are new namespaces and sockets of other families', async () => {
  const { arch } = process
  if (!isFiltered(arch)) throw new Error(`there is no filter for ${arch}`)
  const { column } = PROCESSORS[arch]
  const calls = Object.entries(DENIED).flatMap(([name, row]) => (row[column] === null ? [] : [[name, row[column]]]))
  const numbers = Object.fromEntries(Object.entries(JUDGED).map(([name, row]) => [name, row[column]]))
  const exit = await run(
    ['python3', 'main.py'],
    'main.py',
    `import ctypes, errno, json
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    given = [ctypes.c_ulong(one) for one in args] + [ctypes.c_ulong(0)] * (6 - len(args))
    return 'done' if libc.syscall(ctypes.c_long(number), *given) >= 0 else errno.errorcode[ctypes.get_errno()]
calls = json.loads('${JSON.stringify(calls)}')
n = json.loads('${JSON.stringify(numbers)}')
print(json.dumps({
  'not_refused': [name for name, number in calls if call(number) != 'EPERM'],
  'new_user': call(n['clone'], 0x10000011), 'new_net': call(n['clone'], 0x40000011), 'clone3': call(n['clone3']),
  'vsock': call(n['socket'], 40, 1), 'packet': call(n['socket'], 17, 3), 'inet': call(n['socket'], 2, 1),
  'type_into': call(n['ioctl'], 0, 0x5412), 'younger': call(463),
  'mode': [line.split()[1] for line in open('/proc/self/status') if line.startswith('Seccomp:')][0]}))`,
  )
  expect(exit).toMatchObject({ cause: 'completed' })
  expect(JSON.parse(exit.output_tail.trim())).toEqual({
    clone3: 'ENOSYS',
    inet: 'done',
    mode: '2',
    new_net: 'EPERM',
    new_user: 'EPERM',
    not_refused: [],
    packet: 'EPERM',
    type_into: 'EPERM',
    vsock: 'EPERM',
    younger: 'ENOSYS',
  })
  expect(driver.name).toContain('+seccomp')
  expect(driver.protections.find((one) => one.name === 'system calls')).toMatchObject({
    active: true,
    how: expect.stringContaining(`${calls.length} calls refused`),
  })
})

it('programs in Node, Python and sh run on: threads, children, files, sockets', async () => {
  const node = await run(
    ['node', 'main.mjs'],
    'main.mjs',
    `import { execFileSync } from 'node:child_process'
     import { readFile, writeFile } from 'node:fs/promises'
     import { createServer } from 'node:http'
     import { Worker } from 'node:worker_threads'
     await writeFile('a', 'kept')
     const worker = await new Promise((done) => new Worker('require("worker_threads").parentPort.postMessage("thread")', { eval: true }).once('message', done))
     const server = createServer((_request, response) => response.end('answer')).listen('s.sock')
     console.log(worker, await readFile('a', 'utf8'), execFileSync('/bin/sh', ['-c', 'echo child']).toString().trim()); server.close()`,
  )
  expect([node.cause, node.output_tail.trim()]).toEqual(['completed', 'thread kept child'])
  const python = await run(
    ['python3', 'main.py'],
    'main.py',
    `import multiprocessing, subprocess, tempfile, threading
threading.Thread(target=lambda: print('thread', flush=True)).start()
with multiprocessing.get_context('fork').Pool(2) as pool: print(sum(pool.map(abs, [-1, -2])), flush=True)
tempfile.TemporaryFile().write(b'x')
print(subprocess.run(['/bin/echo', 'child'], capture_output=True).stdout.decode().strip())`,
  )
  expect([python.cause, python.output_tail.trim().split('\n').sort()]).toEqual(['completed', ['3', 'child', 'thread']])
  const shell = await run(['/bin/sh', 'main.sh'], 'main.sh', 'seq 3 | sort -r | head -n 1 & wait; echo "$(cat main.sh | wc -l)"')
  expect([shell.cause, shell.output_tail]).toEqual(['completed', '3\n0\n'])
})
