import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** A folder that comes with the command line: inside its package, or at the top of the work tree for what is put there when it is packed. */
export function shipped(name: 'agents' | 'scenarios' | 'templates'): string {
  const packed = resolve(import.meta.dirname, '../..', name)
  return existsSync(packed) ? packed : resolve(import.meta.dirname, '../../../..', name)
}
