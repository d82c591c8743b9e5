import { describe, expect, it } from 'vitest'
import { openPages } from './index.ts'

const IMPORT = /(?:^|\n)(?:import|export)\s[^'"]*?from\s*'([^']+)'/g

describe('the console’s files', () => {
  it('are modules without types that name one another by address, all of which are there', () => {
    const pages = openPages()
    const seen = new Set<string>()
    const visit = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      const page = pages.find(path)
      expect(page?.type, path).toMatch(/^text\/javascript/)
      for (const [, from = ''] of page?.body.matchAll(IMPORT) ?? []) {
        expect(from, `${path} imports a package by name`).toMatch(/^[./]/)
        visit(new URL(from, `http://console${path}`).pathname)
      }
    }
    visit('/console/main.js')
    expect(seen.size).toBeGreaterThan(12)
    expect([...seen].some((path) => path.startsWith('/console/library/'))).toBe(true)
  })

  it('have no script, style or address of elsewhere in the page', () => {
    const { body = '' } = openPages().find('/') ?? {}
    expect(body).toContain('src="/console/main.js"')
    expect(body).not.toMatch(/https?:|<style|style=|<script(?![^>]*\bsrc=)/)
    expect(openPages().find('/console/style.css')?.body).not.toMatch(/url\(|@import/)
  })

  it.each([
    '/console/../package.json',
    '/console/%2e%2e/index.ts',
    '/console/nothing.js',
    '/console/',
    '/elsewhere',
    '/console/library/../../x.js',
    '/console//etc/passwd',
  ])('does not find %s', (path) => {
    expect(openPages().find(path)).toBeNull()
  })
})
