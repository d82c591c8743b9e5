import { Gateway } from '@syntropism/runtime'
import type { Ground } from './ground.ts'
import { type WorldLlm, inWorld } from './llm.ts'

/** The gateway of an economy in virtual time, at a micro-dollar a token. */
export const openGateway = ({ bus, host }: Ground, llm: WorldLlm, tokensPerMinute: number): Gateway =>
  new Gateway({
    alarm: (text) => console.error(text),
    bus,
    config: inWorld(llm.config, tokensPerMinute),
    environment: process.env,
    host,
    models_dir: llm.models_dir,
    onError: (error) => console.error(error),
    recordings_dir: llm.recordings_dir,
  })
