import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig, readManifest } from './index.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'syntropism-config-'))))
afterAll(() => rmSync(folder, { force: true, recursive: true }))

/** What is said of a manifest or a configuration; the name of the folder left out. */
function said(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(folder, '')
    throw error
  }
  return ''
}
const ofManifest = (text: string): string => {
  writeFileSync(join(folder, 'agent.json'), text)
  return said(() => readManifest(folder))
}
const ofConfig = (value: object): string => {
  writeFileSync(join(folder, 'config.json'), JSON.stringify(value))
  return said(() => loadConfig({}, {}, join(folder, 'config.json')))
}
const STANDING = { bundle: { cpu_millicores: 250, memory_mb: 128 }, duration_ms: 3000, limit_micro: 5, margin_ppm: 1, pause_ms: 0 }

describe('a manifest that is none', () => {
  it('is told what is missing, with what would be right', () => {
    expect(ofManifest('{"name":"a"}')).toBe(
      '/agent.json is no agent:\n  command is missing; right would be ["node","main.mjs"]\n  standing_bid is missing; right would be {"bundle":{"cpu_millicores":250,"memory_mb":128},"duration_ms":3000,"limit_micro":20000000,"margin_ppm":250000,"pause_ms":5000}',
    )
    const { memory_mb: _, ...bundle } = STANDING.bundle
    expect(ofManifest(JSON.stringify({ command: ['node'], name: 'a', standing_bid: { ...STANDING, bundle, duration_ms: '3s', limit_micro: 5.5 } }))).toBe(
      '/agent.json is no agent:\n  standing_bid.bundle.memory_mb is missing; right would be 128\n  standing_bid.duration_ms: expected number, received string; right would be 3000\n  standing_bid.limit_micro: a whole number is expected; right would be 20000000',
    )
  })

  it('is told which member is none, and which was probably meant', () => {
    expect(ofManifest(JSON.stringify({ comand: [], command: ['node'], name: 'a', standing_bid: { ...STANDING, pause: 5 } }))).toBe(
      '/agent.json is no agent:\n  standing_bid.pause is no member; known are bundle, duration_ms, limit_micro, margin_ppm, pause_ms\n  comand is no member; did you mean command?',
    )
  })

  it('is told that there is no file, or no JSON in it', () => {
    expect(said(() => readManifest(join(folder, 'nowhere')))).toBe(
      '/nowhere/agent.json is no agent: there is no such file; "syntropism init agent" makes a folder that has one',
    )
    expect(ofManifest('{"name":')).toContain('/agent.json is no agent: Unexpected end of JSON input')
  })
})

describe('a configuration that cannot be used', () => {
  it('names each wrong member with its default, also deep in lists and tables', () => {
    const models = { small: { output_tokens_max: 5, upstreams: [{ model: 'm', upstreem: 'u' }] } }
    expect(
      ofConfig({ humen: [], llm: { models, upstreams: [], usd_per_minute: 1 }, port: '8000' })
        .split('\n')
        .slice(1),
    ).toEqual(
      expect.arrayContaining([
        '  humen is no member; did you mean humans?',
        '  llm.models.small.upstreams.0.upstream is missing',
        '  llm.models.small.upstreams.0.upstreem is no member; did you mean upstream?',
        '  port: expected number, received string; right would be 8000',
      ]),
    )
  })
})
