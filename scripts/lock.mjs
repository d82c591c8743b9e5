// Run after adding a dependency. Takes the registry's address out of the lock file, so that any registry serves; entries keep version and
// integrity. Names the licences that packages of an older kind list, which npm does not take over: some of these are optional, and not there to be asked where
// they could not be built. Then names the builds for other platforms that the registry at hand did not have: npm leaves them out, and `npm ci` would refuse the file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'aix', 'netbsd', 'openbsd', 'sunos']
const CPUS = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32']
const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))

/** The licences in an installed package's list, each of which has an address as well. */
function listedLicence(place) {
  const manifest = new URL(`../${place}/package.json`, import.meta.url)
  const { licenses } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {}
  return Array.isArray(licenses) ? licenses.map((one) => one.type).join(' OR ') : undefined
}

for (const [place, entry] of Object.entries(lock.packages)) {
  if (!entry.link) delete entry.resolved
  if (place.includes('node_modules/') && !entry.link) entry.license ??= listedLicence(place)
  for (const [name, version] of Object.entries(place === '' ? {} : (entry.optionalDependencies ?? {}))) {
    const key = `node_modules/${name}`
    if (lock.packages[key] !== undefined) continue
    const words = name.split(/[/-]/)
    const os = SYSTEMS.filter((one) => words.includes(one))
    const cpu = CPUS.filter((one) => words.includes(one))
    lock.packages[key] = {
      version: version.replace(/^[~^]/, ''),
      ...(cpu.length > 0 ? { cpu } : {}),
      dev: true,
      ...(words.includes('musl') ? { libc: ['musl'] } : {}),
      optional: true,
      ...(os.length > 0 ? { os } : {}),
    }
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
