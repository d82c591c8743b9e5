import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { entriesBelow } from '../sandbox/index.ts'

// What engine and executors on other hosts say to each other.

/** An executor's offer. `member` names one process: another under the same executor id replaces it. */
export const Join = z.strictObject({
  cpu_millicores: z.int().nonnegative(),
  member: z.uuid(),
  memory_mb: z.int().nonnegative(),
  sandbox: z.string().max(128),
  protections: z.array(z.strictObject({ active: z.boolean(), how: z.string().max(512), name: z.string().max(128) })).max(64),
})
export type Join = z.infer<typeof Join>

export const Claim = z.strictObject({ fence: z.uuid(), member: z.uuid() })
export const ClaimAnswer = z.strictObject({ granted: z.boolean() })
/** Sent every second: who is there, and what it runs. */
export const Beat = z.strictObject({ fences: z.array(z.uuid()).max(10_000), member: z.uuid() })
/** `known` is false when the engine has lost the executor or begun anew: join again. `replaced`: another process has taken the place for good. */
export const BeatAnswer = z.strictObject({ known: z.boolean(), replaced: z.boolean(), stop: z.array(z.strictObject({ fence: z.uuid(), reason: z.string() })) })

/** One run. `fence` belongs to this attempt alone: claim, beat and receipt name it, and what names another is without effect. */
export const Run = z.strictObject({
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()),
  fence: z.uuid(),
  limits: z.strictObject({
    cpu_millicores: z.int(),
    disk_mb: z.int(),
    duration_ms: z.int(),
    files_max: z.int(),
    memory_mb: z.int(),
    open_files_max: z.int(),
    processes_max: z.int(),
  }),
  run_id: z.string().max(128),
  /** gzip, base64 of the workspace's files. */
  workspace: z.string(),
})
export type Run = z.infer<typeof Run>

export const Exit = z.strictObject({
  cause: z.enum(['completed', 'crashed', 'wall_limit', 'memory_limit', 'process_limit', 'disk_limit', 'host_failure']),
  cpu_ms: z.int().nonnegative(),
  detail: z.string(),
  elapsed_ms: z.int().nonnegative(),
  exit_code: z.int().nullable(),
  memory_mb_ms: z.int().nonnegative(),
  memory_peak_mb: z.int().nonnegative(),
  output_tail: z.string(),
})
/** How a run ended, and what it left in its workspace; null when that could not be carried. */
export const Receipt = z.strictObject({ exit: Exit, fence: z.uuid(), member: z.uuid(), workspace: z.string().nullable() })
export type Receipt = z.infer<typeof Receipt>
/** The receipt is in the engine's queue, where it waits until it has had its effect. */
export const ReportAnswer = z.strictObject({ stored: z.literal(true) })

export const BEAT_MS = 1000
/** Silence after which an executor counts as lost, and after which it ends its own runs. */
export const SILENCE_MS = 5000

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

/** Makes a folder hold exactly the files of a pack. Throws before anything has changed when a path leaves the folder. */
export function unpackFolder(pack: string, folder: string): void {
  const files = Files.parse(JSON.parse(gunzipSync(Buffer.from(pack, 'base64'), { maxOutputLength: UNPACKED_BYTES_MAX }).toString('utf8')))
  const root = resolve(folder)
  for (const name of Object.keys(files))
    if (name.includes('\0') || !resolve(root, name).startsWith(`${root}${sep}`))
      throw new Error(`the workspace names a file outside itself: ${JSON.stringify(name)}`)
  mkdirSync(root, { mode: 0o700, recursive: true })
  for (const entry of readdirSync(root)) rmSync(join(root, entry), { force: true, recursive: true })
  for (const [name, file] of Object.entries(files)) {
    const path = resolve(root, name)
    mkdirSync(dirname(path), { mode: 0o700, recursive: true })
    writeFileSync(path, Buffer.from(file.data, 'base64'), { mode: file.executable ? 0o700 : 0o600 })
  }
}
