import type { SandboxExit } from '@syntropism/runtime'

/** One thing that a hostile program tries. */
export interface Attempt {
  readonly name: string
  readonly tries: string
  /** Body of an async function: what it returns is what it got hold of; null or an error is a failure to escape. */
  readonly code: string
  /** Ends that show that a limit stopped it, and how far it may have got; others say "escaped" only by what the program returns. */
  stopped?(exit: SandboxExit): string | null
}

const cause =
  (...causes: SandboxExit['cause'][]) =>
  (exit: SandboxExit): string | null =>
    causes.includes(exit.cause) ? null : `ended as ${exit.cause}: ${exit.output_tail.slice(-200)}`

/** What a limit stops, which is looked at every few milliseconds, is stopped here at the latest: however busy the machine, a program does not get away by being done first. */
const STOPPED_HERE = 'await sleep(120_000)'

const READ = (name: string): string => `return readFileSync(host.${name}, 'utf8')`
const CONNECT = `const connect = (options) => new Promise((done) => { const socket = net.connect(options); socket.setTimeout(6000, () => { socket.destroy(); done('a route (no answer)') }); socket.on('connect', () => { socket.destroy(); done('a connection') }); socket.on('error', (error) => done(['ENETUNREACH', 'ENOENT', 'EACCES', 'ERR_ACCESS_DENIED', 'EHOSTUNREACH'].includes(error.code) || options.port === host.port || options.path === host.abstract ? null : error.code)) })
`

/** A program in Python that makes one system call; it prints what it got. */
const CALL = (numbers: { x64: number; arm64: number }, args: string): string =>
  `const { error, stdout } = spawnSync('/usr/bin/python3', ['-c', 'import ctypes; print(ctypes.CDLL(None).syscall(${numbers[process.arch === 'arm64' ? 'arm64' : 'x64']}, ${args}))']); if (error) throw error; const got = Number(stdout.toString()); return got >= 0 ? 'an answer of the kernel: ' + (got > 9 ? 'a number' : got) : null`

export const ATTEMPTS: readonly Attempt[] = [
  { code: READ('victim'), name: 'another workspace', tries: 'reads a file of another agent by its path on the host' },
  {
    code: `for (const path of ['../victim/secret.txt', '/workspace/../victim/secret.txt']) try { return readFileSync(path, 'utf8') } catch {}`,
    name: 'another workspace by ..',
    tries: 'reads a neighbour by a relative path',
  },
  { code: READ('database'), name: 'the database', tries: 'reads the journal' },
  { code: READ('tokens'), name: "the operator's token", tries: 'reads the token file' },
  { code: `writeFileSync(host.tokens, '[]'); return 'written'`, name: 'replace tokens', tries: 'overwrites the token file' },
  {
    code: `const written = ['/', '/dev', '/etc', '/home', '/node_modules', '/opt', '/opt/node', '/proc', '/run', '/run/syntropism', '/sys', '/usr', '/usr/bin', '/var'].filter((folder) => { const path = folder + '/syntropism-escape'; try { writeFileSync(path, 'x'); unlinkSync(path); return true } catch { return false } }); return written.length > 0 ? written.join(' ') : null`,
    name: 'the system',
    tries: 'makes files outside its workspace, /tmp and /dev/shm, on the disk or in memory that nobody counts',
  },
  {
    code: `const read = readFileSync('/proc/' + host.pid + '/environ', 'utf8') + readFileSync('/proc/' + host.pid + '/cmdline', 'utf8'); return read === '' ? null : 'both'`,
    name: '/proc of the host',
    tries: "reads the host process's environment and command line",
  },
  {
    code: `for (const pid of readdirSync('/proc')) if (/^[0-9]+$/.test(pid) && pid !== String(process.pid)) try { const token = /neighbour_token_[a-z]+/.exec(readFileSync('/proc/' + pid + '/environ', 'latin1')); if (token) return token[0] } catch {} return null`,
    name: "another's token",
    tries: 'looks for the token of an agent that runs beside it in the environment of every process',
  },
  {
    code: `return ask(host.tokens_of_lease.running).then((running) => ask(host.tokens_of_lease.ended).then((ended) => (running !== 200 ? 'no answer for the running lease: ' + running : ended === 401 ? null : 'answer ' + ended)))`,
    name: 'a token after its lease',
    tries: 'asks the System Service with the token of a lease that has ended, beside one of a lease that runs',
  },
  { code: `return process.env.ESCAPE_HOST_SECRET ?? null`, name: 'environment of the host', tries: 'looks for an inherited variable' },
  { code: `${CONNECT}return connect({ host: '169.254.169.254', port: 80 })`, name: 'cloud metadata address', tries: 'connects to 169.254.169.254' },
  { code: `${CONNECT}return connect({ host: '127.0.0.1', port: host.port })`, name: 'open TCP port of the host', tries: 'connects to 127.0.0.1' },
  { code: `${CONNECT}return connect({ path: host.socket })`, name: 'Unix socket of the host', tries: 'connects to a socket by its path' },
  {
    code: `${CONNECT}return connect({ path: host.abstract })`,
    name: 'socket without a file',
    tries: 'connects to an abstract socket of the host, which no folder holds',
  },
  {
    code: `const found = readdirSync('/proc/self/fd').map((fd) => { try { return readlinkSync('/proc/self/fd/' + fd) } catch { return '' } }).filter((to) => to.startsWith('/') && !/^\\/(dev|proc|workspace)/.test(to)); return found.length > 0 ? found.join(' ') : null`,
    name: 'inherited descriptors',
    tries: 'looks for open files of the host among its own',
  },
  {
    code: `const bomb = (program, ...args) => spawn(program, args, { stdio: 'ignore' }).on('error', () => undefined); bomb('/bin/sh', '-c', 'f() { f | f & }; f; sleep 5'); await sleep(300); for (let n = 0; n < 6000; n += 1) { bomb('/bin/sleep', '600'); await sleep(20) } return 'ran on'`,
    name: 'fork bomb',
    stopped: cause('process_limit', 'crashed', 'completed'),
    tries: 'doubles its processes without end, then starts more that stay',
  },
  {
    code: `const kept = []; for (;;) { kept.push(Buffer.alloc(8e6, 1)); if (kept.length > 120) return 'allocated 960 MB'; await sleep(1) }`,
    name: 'memory bomb',
    stopped: (exit) => cause('memory_limit')(exit) ?? (exit.memory_peak_mb > 128 + 32 ? `${exit.memory_peak_mb} MB used of 128` : null),
    tries: 'allocates 960 MB with 128 bought',
  },
  {
    code: `const block = Buffer.alloc(1e6); for (let n = 0; n < 1000; n += 1) { writeFileSync('bomb' + n, block); if (n % 10 === 9) await sleep(1) } ${STOPPED_HERE}; return 'wrote 1 GB'`,
    name: 'disk bomb',
    stopped: cause('disk_limit'),
    tries: 'writes 1 GB in files of 1 MB with a quota of 64 MB',
  },
  {
    code: `writeFileSync('big', Buffer.alloc(8e6)); for (let n = 0; n < 12; n += 1) appendFileSync('big', Buffer.alloc(8e6)); return 'one file of 104 MB'`,
    name: 'one big file',
    stopped: cause('disk_limit', 'completed', 'crashed'),
    tries: 'writes one file beyond the quota',
  },
  {
    code: `for (let n = 0; n < 8; n += 1) { const fd = openSync('ghost' + n, 'w'); unlinkSync('ghost' + n); for (let k = 0; k < 20; k += 1) { writeSync(fd, Buffer.alloc(1e6)); await sleep(2) } } ${STOPPED_HERE}; return '160 MB without a name'`,
    name: 'files without a name',
    stopped: cause('disk_limit'),
    tries: 'writes 160 MB into files that it has deleted',
  },
  {
    code: `const folder = Buffer.from([0x62, 0xff]); mkdirSync(folder); for (let n = 0; n < 160; n += 1) { writeFileSync(Buffer.concat([folder, Buffer.from('/file' + n)]), Buffer.alloc(1e6)); await sleep(2) } ${STOPPED_HERE}; return '160 MB behind a name that is no text'`,
    name: 'space behind odd names',
    stopped: cause('disk_limit'),
    tries: 'writes 160 MB into a folder whose name is no text',
  },
  {
    code: `for (let level = 0; level < 40; level += 1) { mkdirSync('d'.repeat(200)); process.chdir('d'.repeat(200)) } for (let n = 0; n < 160; n += 1) { writeFileSync('file' + n, Buffer.alloc(1e6)); await sleep(2) } ${STOPPED_HERE}; return '160 MB too deep to be seen'`,
    name: 'space too deep',
    stopped: cause('disk_limit'),
    tries: 'writes 160 MB where no path from outside reaches',
  },
  {
    code: `const { error, status } = spawnSync('/usr/bin/python3', ['-c', 'import os\\nfor n in range(30):\\n  fd = os.memfd_create("m")\\n  for k in range(8): os.write(fd, bytes(4000000))']); if (error) throw error; return status === 0 ? '960 MB in files that are only memory' : null`,
    name: 'memory in files',
    stopped: cause('memory_limit'),
    tries: 'keeps 960 MB in files that exist in memory alone, with 128 bought',
  },
  {
    code: `for (let n = 0; n < 50000; n += 1) { writeFileSync('f' + n, ''); if (n % 50 === 0) await sleep(1) } ${STOPPED_HERE}; return '50 000 files'`,
    name: 'flood of files',
    stopped: cause('disk_limit'),
    tries: 'makes 50 000 files where 2 000 are allowed',
  },
  { code: `for (let n = 0; n < 5000; n += 1) openSync('main.mjs', 'r'); return '5 000 open files'`, name: 'descriptor leak', tries: 'opens 5 000 files' },
  { code: `process.kill(host.pid, 0); return 'a signal reached the host'`, name: 'kill the host', tries: 'sends signal 0 to the host process' },
  {
    code: `openSync('/proc/' + host.pid + '/mem', 'r'); return 'the memory of the host'`,
    name: 'ptrace the host',
    tries: "opens the host's memory, which needs the right to trace it",
  },
  {
    code: `symlinkSync(host.tokens, 'link'); return readFileSync('link', 'utf8')`,
    name: 'symbolic link',
    tries: 'reads the tokens through a link in its workspace',
  },
  {
    code: `linkSync(host.tokens, 'second'); return readFileSync('second', 'utf8')`,
    name: 'hard link',
    tries: 'gives the tokens a second name in its workspace',
  },
  {
    code: `try { process.setuid(0) } catch {} return process.getuid() === 0 ? 'user id 0' : null`,
    name: 'become root',
    tries: 'sets its user id to 0',
  },
  {
    code: `copyFileSync('/usr/bin/id', 'id'); chmodSync('id', 0o4755); const { stdout } = spawnSync('./id', ['-u']); return stdout.toString().trim() === '0' ? 'user id 0' : null`,
    name: 'setuid program',
    tries: 'makes and runs a setuid program',
  },
  {
    code: `return spawnSync('/usr/bin/unshare', ['--user', '--map-root-user', '--mount', '/bin/true']).status === 0 ? 'a namespace with all capabilities' : null`,
    name: 'own namespace',
    tries: 'makes a user namespace in which it is root',
  },
  {
    code: CALL({ arm64: 217, x64: 248 }, 'b"user", b"mark", b"kept", 4, -3'),
    name: 'key in the kernel',
    tries: "leaves a key in the kernel's keyring, which no namespace divides (add_key)",
  },
  {
    code: CALL({ arm64: 282, x64: 323 }, '0'),
    name: 'memory on demand',
    tries: 'asks to be told of every access to a page (userfaultfd), which wins races in the kernel',
  },
  { code: CALL({ arm64: 198, x64: 41 }, '40, 1, 0'), name: 'socket of the hypervisor', tries: 'opens a VSOCK socket, which no network namespace holds' },
  {
    code: CALL({ arm64: 425, x64: 425 }, '1, (ctypes.c_char * 120)()'),
    name: 'second door for input',
    tries: 'sets up an io_uring, whose calls no filter sees',
  },
  {
    code: `const child = spawn('/usr/bin/setsid', ['/bin/sh', '-c', 'sleep 30 & sleep 30'], { detached: true, stdio: 'ignore' }); child.unref(); await sleep(200); return null`,
    name: 'surviving daemon',
    tries: 'leaves a process in a session of its own behind',
  },
]
