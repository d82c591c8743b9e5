const PACKAGES = ['contract', 'economy', 'simulation', 'solver', 'sdk', 'runtime', 'benchmark', 'console']
const nameOf = (module) => `@syntropism/${module.replace(/\/src$/, '')}`

export default {
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: PACKAGES.map((name) => `../packages/${name}/src/index.ts`),
  out: 'reference/packages',
  tsconfig: 'tsconfig.json',
  readme: 'none',
  name: 'Packages',
  excludeInternal: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  outputFileStrategy: 'modules',
  entryFileName: 'index',
  useCodeBlocks: true,
  disableSources: true,
  // The sources are checked by the project's own compiler, which is newer than the one that typedoc takes.
  skipErrorChecking: true,
  pageTitleTemplates: { index: () => 'Packages', module: ({ name }) => nameOf(name) },
}
