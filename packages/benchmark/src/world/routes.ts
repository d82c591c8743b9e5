import { AnyJson, type App, Refused, type ServiceParts, addOperation } from '@syntropism/runtime'
import { z } from 'zod'
import type { Task } from './task.ts'

/** What the operations of a task need of the world. */
export interface TaskParts {
  readonly task: Task
  /** Carries out an option that is no operation of the economy; says how it went. */
  act(option: string): Promise<object>
  runTests(): Promise<object>
  submitOutput(output: unknown): void
}

/** Operations that exist in a world alone: the task, acts that are the task's own, tests, and handing in. */
export function addTaskRoutes(app: App, parts: ServiceParts, { act, runTests, submitOutput, task }: TaskParts): void {
  addOperation(app, parts, { handle: () => task, method: 'get', path: '/task', roles: ['agent'], summary: 'What is to be done.', tag: 'task' })
  addOperation(app, parts, {
    body: z.strictObject({ option: z.string().max(128) }),
    handle: ({ body }) => {
      if (!task.options.some((one) => one.calls.some((call) => call.tool === 'task.act' && call.body.option === body.option)))
        throw new Refused('command_invalid', { expected: 'an option with the tool task.act', field: 'option', got: body.option })
      return act(body.option)
    },
    method: 'post',
    path: '/task/act',
    roles: ['agent'],
    summary: 'Do the own work of an option; its cost is paid at once.',
    tag: 'task',
    tool: 'task.act',
  })
  addOperation(app, parts, {
    body: z.strictObject({ output: AnyJson }),
    handle: ({ body }) => {
      submitOutput(body.output)
      return { accepted: true }
    },
    method: 'post',
    path: '/output',
    roles: ['agent'],
    summary: 'Hand in the result; a later one replaces it.',
    tag: 'task',
    tool: 'output.submit',
  })
  addOperation(app, parts, {
    body: z.strictObject({}),
    handle: () => runTests(),
    method: 'post',
    path: '/tests/run',
    roles: ['agent'],
    summary: 'Run the tests of the program in the workspace.',
    tag: 'task',
    tool: 'test.run',
  })
}
