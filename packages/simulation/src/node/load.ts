import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MODELS, type Model, UsageError } from '../index.ts'

const PARTS = ['name', 'title', 'source', 'params', 'agents', 'steps', 'activations', 'times', 'setup'] as const

/** A model that ships, by name, or the one that a module exports as `model`. Throws UsageError when there is none. */
export async function loadModel(nameOrPath: string): Promise<Model> {
  const known = MODELS[nameOrPath]
  if (known !== undefined) return known
  const path = resolve(nameOrPath)
  if (!/\.[cm]?[jt]s$/.test(nameOrPath) || !existsSync(path))
    throw new UsageError(`there is no model "${nameOrPath}": name one of ${Object.keys(MODELS).join(', ')}, or a module (.ts, .js) that exports "model"`)
  const { model } = (await import(pathToFileURL(path).href)) as { readonly model?: Partial<Model> }
  const missing = PARTS.filter((part) => model?.[part] === undefined)
  if (missing.length > 0) throw new UsageError(`${nameOrPath} exports no whole "model": ${missing.join(', ')} missing`)
  return model as Model
}
