import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

/** Where the Python client lies below a folder of libraries: programs find it by PYTHONPATH. */
export const PYTHON_LIBRARY = '@syntropism/python'

/** Puts the agent SDK where every workspace below `targetDir` finds it by walking up: Node strips no types inside node_modules, so they are stripped here. */
export function installAgentLibrary(targetDir: string, sdkDir: string): void {
  const folder = join(targetDir, 'node_modules', '@syntropism', 'sdk')
  rmSync(folder, { force: true, recursive: true })
  mkdirSync(folder, { recursive: true })
  const built = join(sdkDir, 'dist')
  if (existsSync(join(built, 'node.js'))) cpSync(built, folder, { recursive: true })
  else
    for (const name of readdirSync(join(sdkDir, 'src'))) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue
      const code = stripTypeScriptTypes(readFileSync(join(sdkDir, 'src', name), 'utf8')).replace(/(from\s+['"]\.\/[^'"]+)\.ts(['"])/g, '$1.js$2')
      writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), code)
    }
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ exports: { '.': './index.js', './bridge': './bridge.js', './node': './node.js' }, name: '@syntropism/sdk', type: 'module' }),
  )
  installPython(join(targetDir, 'node_modules', PYTHON_LIBRARY), sdkDir)
}

/** The Python client, from the package or from the project. */
function installPython(folder: string, sdkDir: string): void {
  const packed = join(sdkDir, 'python')
  const source = existsSync(packed) ? packed : join(sdkDir, '..', '..', 'sdk-python', 'src')
  rmSync(folder, { force: true, recursive: true })
  cpSync(join(source, 'syntropism'), join(folder, 'syntropism'), { filter: (path) => !path.endsWith('__pycache__'), recursive: true })
}
