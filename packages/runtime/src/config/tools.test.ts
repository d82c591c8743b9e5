import { expect, it } from 'vitest'
import { ToolsConfig } from './tools.ts'

it('a tool server that asks for the rung of containers is told how to have one', () => {
  const server = { allow: ['*'], command: ['server'], id: 'files', price: 1 }
  const asked = (sandbox: string) => ToolsConfig.safeParse({ servers: [{ ...server, sandbox }] }).error?.issues ?? []
  expect(asked('container')).toMatchObject([
    { message: expect.stringContaining('let the engine’s client start the program') as string, path: ['servers', 0, 'sandbox'] },
  ])
  expect(asked('chroot')).toMatchObject([{ message: expect.stringContaining('"bubblewrap"') as string }])
  expect(asked('process')).toEqual([])
})
