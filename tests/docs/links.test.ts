import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGES = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
/** Written from the code when the site is built; not in the repository. */
const WRITTEN = /^docs\/reference\/(cli|configuration|events|http|packages\/[a-z]+)\.md$/

const withoutCode = (text: string): string => text.replaceAll(/^(`{3,}).*?^\1$/gms, '').replaceAll(/`[^`\n]*`/g, '')
/** A heading's anchor, as hosts of repositories make it. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')
const anchorsOf = (path: string): Set<string> =>
  new Set([...readFileSync(path, 'utf8').matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, heading]) => anchorOf((heading ?? '').replaceAll('`', ''))))

function brokenLinks(page: string): string[] {
  const links = [...withoutCode(readFileSync(join(ROOT, page), 'utf8')).matchAll(/\]\((?!https?:|mailto:)([^)\s]*)\)/g)].map(([, link]) => link ?? '')
  return links.filter((link) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path)
    const inRepository = target.slice(ROOT.length + 1)
    // The site holds what is below docs/ alone.
    if (page.startsWith('docs/') && !inRepository.startsWith('docs/')) return true
    if (WRITTEN.test(inRepository)) return false
    if (!existsSync(target)) return true
    return anchor !== undefined && statSync(target).isFile() && !anchorsOf(target).has(anchor)
  })
}

describe('links between the pages', () => {
  it('are found', () => {
    expect(PAGES.length).toBeGreaterThan(60)
  })

  it.each(PAGES)('%s links only to what is there', (page) => {
    expect(brokenLinks(page)).toEqual([])
  })
})
