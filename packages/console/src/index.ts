import { existsSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Page {
  readonly body: string
  readonly type: string
}

const JAVASCRIPT = 'text/javascript; charset=utf-8'
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: JAVASCRIPT,
  svg: 'image/svg+xml',
  ts: JAVASCRIPT,
}
const HERE = dirname(fileURLToPath(import.meta.url))
/** Modules, built where a build is there, else the sources; and what needs no build. */
const FOLDERS = [join(HERE, 'browser'), join(HERE, '..', 'src', 'browser')]
const LIBRARY = dirname(fileURLToPath(import.meta.resolve('lit-html')))
const NAME = /^[\w-]+(\/[\w-]+)*\.(css|html|js|svg|ts)$/

/** A browser knows no package names: the library's are addresses of this console. */
const addressed = (code: string): string =>
  code.replaceAll(/from 'lit-html'/g, "from '/console/library/lit-html.js'").replaceAll(/from 'lit-html\//g, "from '/console/library/")

function read(name: string): Page | null {
  const extension = NAME.exec(name)?.[2]
  if (extension === undefined) return null
  // The page names main.js; from the sources that is main.ts with its types taken out.
  for (const candidate of extension === 'js' ? [name, name.replace(/\.js$/, '.ts')] : [name])
    for (const folder of FOLDERS) {
      const path = join(folder, candidate)
      if (!existsSync(path)) continue
      const text = readFileSync(path, 'utf8')
      const body = candidate.endsWith('.ts') ? addressed(stripTypeScriptTypes(text)) : candidate.endsWith('.js') ? addressed(text) : text
      return { body, type: TYPES[extension] ?? JAVASCRIPT }
    }
  return null
}

function readLibrary(name: string): Page | null {
  const path = join(LIBRARY, name)
  return NAME.test(name) && name.endsWith('.js') && existsSync(path) ? { body: readFileSync(path, 'utf8'), type: JAVASCRIPT } : null
}

/** The console's files by path, each read once: the page at `/`, its modules below `/console/`. Nothing is built and nothing comes from elsewhere. */
export function openPages(): { find(path: string): Page | null } {
  const known = new Map<string, Page>()
  return {
    find(path) {
      const before = known.get(path)
      if (before !== undefined) return before
      const page =
        path === '/'
          ? read('index.html')
          : path.startsWith('/console/library/')
            ? readLibrary(path.slice('/console/library/'.length))
            : path.startsWith('/console/')
              ? read(path.slice('/console/'.length))
              : null
      if (page !== null) known.set(path, page)
      return page
    },
  }
}
