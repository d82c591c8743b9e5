import { execFile } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const SITE = join(ROOT, 'docs/.vitepress/dist')
const page = (name: string): string => readFileSync(join(SITE, `${name}.html`), 'utf8')

describe('the site', () => {
  beforeAll(async () => {
    // It refuses dead links by itself.
    await promisify(execFile)('npm', ['run', '--silent', 'docs'], { cwd: ROOT, maxBuffer: 16_000_000 })
  })

  it('holds a page for each of the repository, and those written from the code', () => {
    for (const folder of ['concepts', 'decisions', 'guide', 'operations', 'tutorials'])
      for (const name of readdirSync(join(ROOT, 'docs', folder)).filter((one) => one.endsWith('.md')))
        expect(existsSync(join(SITE, folder, name.replace(/\.md$/, '.html'))), `${folder}/${name}`).toBe(true)
    for (const name of ['cli', 'configuration', 'events', 'http', 'packages/economy', 'packages/sdk']) expect(page(`reference/${name}`)).toContain('</h1>')
  })

  it('tells of each command, setting, operation and event by its name', () => {
    expect(page('reference/cli')).toContain('syntropism benchmark prove')
    expect(page('reference/configuration')).toContain('usd_per_minute')
    expect(page('reference/http')).toContain('/economic/balance/{agent_id}')
    expect(page('reference/events')).toContain('human_reward_issued')
  })

  it('asks nothing of other hosts', () => {
    const html = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))
    expect(html.length).toBeGreaterThan(80)
    for (const name of html) expect(readFileSync(join(SITE, name), 'utf8'), name).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/)
  })
})
