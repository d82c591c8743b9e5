import type { Model } from '../engine/index.ts'
import { baseFee } from './base-fee/index.ts'
import { attention } from './attention/index.ts'
import { boltzmann } from './boltzmann/index.ts'
import { evolution } from './evolution/index.ts'
import { market } from './market/index.ts'
import { scarceLlm } from './scarce-llm/index.ts'
import { zeroIntelligence } from './zero-intelligence/index.ts'

/** The models that ship, by name. */
export const MODELS: Readonly<Record<string, Model>> = Object.fromEntries(
  [boltzmann, zeroIntelligence, baseFee, scarceLlm, market, attention, evolution].map((model) => [model.name, model]),
)
