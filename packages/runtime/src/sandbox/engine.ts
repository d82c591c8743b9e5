import { existsSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type Docker from 'dockerode'
import { z } from 'zod'
import { reasonOf } from '../ports/index.ts'
import { SandboxError } from './types.ts'

/** What an engine says of itself, as far as a run depends on it. */
const Info = z.object({
  CgroupVersion: z.string().default('1'),
  CpuCfsQuota: z.boolean(),
  MemoryLimit: z.boolean(),
  PidsLimit: z.boolean(),
  SecurityOptions: z.array(z.string()).nullish(),
})

/** How often a process is looked for, and an engine asked that has not noticed its end. */
const LOOK_MS = 20
/** How long the last output of a container that has ended may be on its way. */
const OUTPUT_MS = 10_000
/** How long an engine may take to notice that the process of a container is gone: it does not where its own monitor of it was ended. */
const UNNOTICED_MS = 30_000

/** A container engine on this machine: Docker or Podman. */
export interface Engine {
  readonly docker: Docker
  /** Podman reads a seccomp profile from its file, Docker from the request. */
  readonly isPodman: boolean
  /** Its root is the user that runs it. */
  readonly isRootless: boolean
  readonly cgroup_version: string
  readonly has_seccomp: boolean
  /** Whether the image brings a program that the engine runs now and then to see how it is. */
  readonly checks_health: boolean
  /** Folders for which the engine would make room on its own disk, because the image says so. */
  readonly volumes: readonly string[]
}

const refuse = (message: string, cause?: unknown): SandboxError => new SandboxError('start_failed', message, cause === undefined ? {} : { cause })

/** An engine that does not hold a container to what it was made with is no sandbox: it says so itself, or it cannot (control groups of v1 belong to root). */
function assertHolds(info: z.infer<typeof Info>, isRootless: boolean): void {
  const missing = (['MemoryLimit', 'CpuCfsQuota', 'PidsLimit'] as const).filter((name) => !info[name])
  if (isRootless && info.CgroupVersion === '1') missing.push('MemoryLimit')
  if (missing.length > 0)
    throw refuse(
      `the container engine holds no limits here (${missing.join(', ')}, control groups v${info.CgroupVersion}${isRootless ? ', without root' : ''}): run it as root, or with control groups v2 delegated to its user`,
    )
}

/** The engine that answers and has the image, or what is wrong. */
export async function openEngine(image: string, socketPath: string | undefined): Promise<Engine> {
  const { default: Client } = await import('dockerode').catch((error: unknown) => {
    throw refuse('containers need the package dockerode, an optional dependency that is not installed', error)
  })
  const docker = new Client(socketPath === undefined ? {} : { socketPath })
  const [info, version] = await Promise.all([docker.info() as Promise<unknown>, docker.version()]).catch((error: unknown) => {
    throw refuse(`no container engine answers (DOCKER_HOST names its socket): ${reasonOf(error)}`, error)
  })
  const said = Info.parse(info)
  const isRootless = (said.SecurityOptions ?? []).some((one) => one.startsWith('name=rootless'))
  assertHolds(said, isRootless)
  const { Config } = await docker
    .getImage(image)
    .inspect()
    .catch((error: unknown) => {
      throw refuse(`the engine has no image ${image}: pull it, or name another in SYNTROPISM_CONTAINER_IMAGE (${reasonOf(error)})`, error)
    })
  return {
    cgroup_version: said.CgroupVersion,
    checks_health: Config.Healthcheck !== undefined && Config.Healthcheck !== null,
    docker,
    has_seccomp: (said.SecurityOptions ?? []).some((one) => one.startsWith('name=seccomp')),
    isPodman: (version.Components ?? []).some((one) => one.Name.startsWith('Podman')),
    isRootless,
    volumes: Object.keys((Config.Volumes as Record<string, object> | null) ?? {}),
  }
}

/** Ends a container and takes it out of the engine; one that is gone already is no error. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true })
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error
  }
}

/** Removes the containers that carry a label. */
export async function sweep({ docker }: Engine, name: string, value: string): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true, filters: { label: [`${name}=${value}`] } })) await removeContainer(docker.getContainer(Id))
}

/** Starts a container and tells when it has ended: its exit code, and whether the kernel ended a process of it for want of memory. */
export async function startContainer({ docker }: Engine, container: Docker.Container, output: Writable) {
  const attached = await container.attach({ stderr: true, stdout: true, stream: true })
  docker.modem.demuxStream(attached, output, output)
  const closed = new Promise<void>((resolve) => attached.once('close', () => resolve()).once('end', () => resolve()))
  await container.start()
  const { State } = await container.inspect()
  const gone = async (): Promise<void> => {
    while (existsSync(`/proc/${State.Pid}`)) await wait(LOOK_MS)
  }
  // Podman answers `wait` a quarter of a second late, and now and then not at all: the output and the process say when to ask.
  const ended = async (): Promise<{ code: number; outOfMemory: boolean }> => {
    const left = gone()
    let goneAt: number | null = null
    await Promise.race([closed, left])
    for (;;) {
      const { State: last } = await container.inspect()
      if (!last.Running) {
        await Promise.race([closed, wait(OUTPUT_MS)])
        return { code: last.ExitCode, outOfMemory: last.OOMKilled }
      }
      await left
      goneAt ??= performance.now()
      if (performance.now() - goneAt > UNNOTICED_MS)
        throw new SandboxError('end_unknown', `the engine takes container ${container.id} for running although its process is gone`)
      await wait(LOOK_MS)
    }
  }
  return { ended: ended(), pid: State.Pid }
}
