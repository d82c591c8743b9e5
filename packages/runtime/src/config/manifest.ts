import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AgentManifest } from '@syntropism/contract'
import { ConfigError } from './error.ts'
import { wrongMembers } from './wrong-members.ts'

/** What a manifest that begins looks like. */
const EXAMPLE = {
  command: ['node', 'main.mjs'],
  name: 'my-agent',
  standing_bid: { bundle: { cpu_millicores: 250, memory_mb: 128 }, duration_ms: 3000, limit_micro: 20_000_000, margin_ppm: 250_000, pause_ms: 5000 },
}

/** The manifest of an agent's folder. Throws ConfigError where the folder is none, with what would be right. */
export function readManifest(folder: string): { readonly manifest: AgentManifest; readonly path: string } {
  const path = resolve(folder)
  const file = join(path, 'agent.json')
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file; "syntropism init agent" makes a folder that has one' : message
    throw new ConfigError(`${file} is no agent: ${why}`, { cause: error })
  }
  const parsed = AgentManifest.safeParse(value)
  if (!parsed.success) throw new ConfigError(`${file} is no agent:${wrongMembers(parsed.error, value, AgentManifest, EXAMPLE)}`, { cause: parsed.error })
  return { manifest: parsed.data, path }
}
