import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig } from 'vitepress'

const docs = resolve(import.meta.dirname, '..')
const titleOf = (path: string): string => /^# (.+)$/m.exec(readFileSync(resolve(docs, path), 'utf8'))?.[1]?.replaceAll('`', '') ?? path
const entry = (path: string) => ({ link: `/${path.replace(/\.md$/, '')}`, text: titleOf(path) })
const entries = (...paths: string[]) => paths.map(entry)
const pages = (folder: string): string[] =>
  readdirSync(resolve(docs, folder))
    .filter((name) => name.endsWith('.md'))
    .toSorted()
    .map((name) => `${folder}/${name}`)
const PACKAGES = ['contract', 'economy', 'simulation', 'solver', 'sdk', 'runtime', 'benchmark', 'console']

export default defineConfig({
  title: 'Syntropism',
  description: 'An economy for fleets of AI agents.',
  cleanUrls: true,
  srcExclude: ['node_modules/**'],
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Tour', link: '/tour' },
      { text: 'Concepts', link: '/concepts/economy' },
      { text: 'Tutorials', link: '/tutorials/first-agent' },
      { text: 'Reference', link: '/reference/cli' },
    ],
    sidebar: [
      { text: 'Start', items: entries('tour.md') },
      {
        text: 'Concepts',
        items: entries(
          'concepts/economy.md',
          'concepts/auction.md',
          'concepts/windows.md',
          'concepts/attention.md',
          'concepts/models.md',
          'concepts/events.md',
        ),
      },
      {
        text: 'Tutorials',
        items: entries('tutorials/first-agent.md', 'tutorials/market-experiment.md', 'tutorials/team-budget.md', 'tutorials/benchmark-item.md'),
      },
      { text: 'Guides', items: pages('guide').map(entry) },
      { text: 'Operations', items: pages('operations').map(entry) },
      {
        text: 'Reference',
        items: [
          ...pages('reference').map(entry),
          { text: 'Packages', collapsed: true, items: PACKAGES.map((name) => ({ link: `/reference/packages/${name}`, text: `@syntropism/${name}` })) },
        ],
      },
      { text: 'Decisions', collapsed: true, items: pages('decisions').map(entry) },
    ],
  },
})
