import { spawn } from 'node:child_process'
import process from 'node:process'

export interface CodeRun {
  readonly ended: 'failed' | 'finished' | 'not allowed here' | 'too long'
  readonly output: string
}

const OUTPUT_MAX = 65_536

/**
 * Runs a program as a process of its own inside this sandbox: without this agent's environment, thus without its token, without network,
 * and with the named folder alone to read. Where the sandbox forbids processes it says so.
 */
export function runCode(args: readonly string[], input: string, limits: { readonly read?: string; readonly wall_ms: number }): Promise<CodeRun> {
  const rights = ['--permission', ...(limits.read === undefined ? [] : [`--allow-fs-read=${limits.read}`])]
  return new Promise((resolve) => {
    let output = ''
    let late = false
    const end = (ended: CodeRun['ended']): void => resolve({ ended, output })
    try {
      const child = spawn(process.execPath, [...rights, '--max-old-space-size=48', '--disable-warning=SecurityWarning', ...args], {
        env: {},
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      const limit = setTimeout(() => {
        late = true
        child.kill('SIGKILL')
      }, limits.wall_ms)
      const gather = (chunk: Buffer): void => {
        output = (output + chunk.toString('utf8')).slice(0, OUTPUT_MAX)
      }
      child.stdout.on('data', gather)
      child.stderr.on('data', gather)
      child.stdin.on('error', () => undefined)
      child.once('error', () => {
        clearTimeout(limit)
        end('not allowed here')
      })
      child.once('close', (code) => {
        clearTimeout(limit)
        end(late ? 'too long' : code === 0 ? 'finished' : 'failed')
      })
      child.stdin.end(input)
    } catch {
      end('not allowed here')
    }
  })
}
