import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Watch, removeDir, run, start, tempDir } from '../program.ts'

/** A live economy of the real command line with an LLM configuration, and an operator at its own command line. */
export interface LiveLlm {
  readonly url: string
  readonly data: string
  /** Runs a command of the operator; throws when it fails, returns its JSON. */
  operate(...args: string[]): Promise<Record<string, unknown>>
  /** A key's token. */
  createKey(id: string): Promise<string>
  /** Waits until no call is open, then the report. */
  spend(by: string): Promise<{ rows: Record<string, unknown>[]; total_micro_usd: number }>
  stop(): Promise<void>
}

export async function startLive(llm: object): Promise<LiveLlm> {
  const folder = tempDir()
  const data = join(folder, 'data')
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify({ agents: [], cpu_millicores: 500, data, llm, memory_mb: 256, port: 0 }))
  const live = start(['live', '--json', '--sandbox', 'node'], {}, folder)
  const ended = new Promise((done) => live.once('close', done))
  let errors = ''
  live.stderr?.on('data', (part: Buffer) => (errors += part.toString('utf8')))
  const started = await Promise.race([
    new Watch(live).find((line) => line.type === 'started'),
    ended.then(() => {
      throw new Error(`live ended: ${errors}`)
    }),
  ])
  const token = (started.tokens as { name: string; token: string }[]).find((one) => one.name === 'operator')?.token
  const operate = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, stderr, stdout } = await run([...args, '--data', data, '--json'], { SYNTROPISM_TOKEN: token })
    if (code !== 0) throw new Error(`syntropism ${args.join(' ')}: ${stderr}`)
    return JSON.parse(stdout) as Record<string, unknown>
  }
  return {
    createKey: async (id) => String((await operate('keys', 'create', id, '--budget', '1/day')).token),
    data,
    operate,
    async spend(by) {
      for (;;) {
        const report = (await operate('spend', '--by', by)) as unknown as Awaited<ReturnType<LiveLlm['spend']>>
        if (report.rows.every((row) => row.open_calls === 0)) return report
      }
    },
    async stop() {
      live.kill('SIGTERM')
      await ended
      removeDir(folder)
    },
    url: String(started.url),
  }
}
