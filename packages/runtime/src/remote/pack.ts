import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { SandboxError, entriesBelow } from '../sandbox/index.ts'

const Files = z.record(z.string(), z.strictObject({ data: z.base64(), executable: z.boolean() }))
/** A pack that unfolds to more than this is refused. */
const UNPACKED_BYTES_MAX = 512 * 1_048_576

/** The regular files of a folder as one text; links and special files stay behind. */
export function packFolder(folder: string): string {
  const files: z.infer<typeof Files> = {}
  for (const { path, stat, unusable } of entriesBelow(folder))
    if (stat.isFile() && unusable === null)
      files[relative(folder, path.toString('utf8')).split(sep).join('/')] = {
        data: readFileSync(path).toString('base64'),
        executable: (stat.mode & 0o100) !== 0,
      }
  return gzipSync(JSON.stringify(files)).toString('base64')
}

/** Makes a folder hold exactly the files of a pack. Throws SandboxError before anything has changed when a path leaves the folder. */
export function unpackFolder(pack: string, folder: string): void {
  const files = Files.parse(JSON.parse(gunzipSync(Buffer.from(pack, 'base64'), { maxOutputLength: UNPACKED_BYTES_MAX }).toString('utf8')))
  const root = resolve(folder)
  for (const name of Object.keys(files))
    if (name.includes('\0') || !resolve(root, name).startsWith(`${root}${sep}`))
      throw new SandboxError('workspace_unsafe', `the workspace names a file outside itself: ${JSON.stringify(name)}`)
  mkdirSync(root, { mode: 0o700, recursive: true })
  for (const entry of readdirSync(root)) rmSync(join(root, entry), { force: true, recursive: true })
  for (const [name, file] of Object.entries(files)) {
    const path = resolve(root, name)
    mkdirSync(dirname(path), { mode: 0o700, recursive: true })
    writeFileSync(path, Buffer.from(file.data, 'base64'), { mode: file.executable ? 0o700 : 0o600 })
  }
}
