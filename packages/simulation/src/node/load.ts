import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MODELS, type Model, UsageError } from '../index.ts'

const PARTS = ['name', 'title', 'source', 'params', 'agents', 'steps', 'activations', 'times', 'setup'] as const

let isAnswering = false

/** A model's module may lie anywhere: the packages of the economy that it imports and has none of are those of this program. */
function answerImports(): void {
  if (isAnswering) return
  isAnswering = true
  registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith('@syntropism/')) return next(specifier, context)
      try {
        return next(specifier, context)
      } catch {
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}

/** A model that ships, by name, or the one that a module exports as `model`. Throws UsageError when there is none. */
export async function loadModel(nameOrPath: string): Promise<Model> {
  const known = Object.hasOwn(MODELS, nameOrPath) ? MODELS[nameOrPath] : undefined
  if (known !== undefined) return known
  const path = resolve(nameOrPath)
  if (!/\.[cm]?[jt]s$/.test(nameOrPath) || !existsSync(path))
    throw new UsageError(`there is no model "${nameOrPath}": name one of ${Object.keys(MODELS).join(', ')}, or a module (.ts, .js) that exports "model"`)
  answerImports()
  const { model } = (await import(pathToFileURL(path).href)) as { readonly model?: Partial<Model> }
  const missing = PARTS.filter((part) => model?.[part] === undefined)
  if (missing.length > 0) throw new UsageError(`${nameOrPath} exports no whole "model": ${missing.join(', ')} missing`)
  return model as Model
}
