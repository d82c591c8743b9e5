// One window: take the next task, ask the model for a mended program, test it, and keep it only if the test passes.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ServiceError, connect } from '@syntropism/sdk/node'

const TRIES_MAX = 2
const MEMORY = 'memory.json'
const client = connect()
const tasks = JSON.parse(readFileSync('tasks.json', 'utf8'))
const memory = existsSync(MEMORY) ? JSON.parse(readFileSync(MEMORY, 'utf8')) : {}
const stateOf = (task) => memory[task.name] ?? { passed: false, tries: 0 }
const task = tasks.find((one) => !stateOf(one).passed && stateOf(one).tries < TRIES_MAX)
const remember = (name, state) => writeFileSync(MEMORY, JSON.stringify({ ...memory, [name]: state }))

function passes({ name, test }, code) {
  writeFileSync(`${name}.mjs`, code)
  writeFileSync(`${name}.test.mjs`, `import assert from 'node:assert/strict'\nimport { ${name} } from './${name}.mjs'\n${test}\n`)
  return spawnSync(process.execPath, [`${name}.test.mjs`]).status === 0
}

/** The model's program; null when the budget has no room for the call now. */
async function ask({ code, test }) {
  try {
    const { completion } = await client.complete({
      max_tokens: 200,
      model: 'coder',
      prompt: `Mend this program so that \`${test}\` holds.\n\`\`\`js\n${code}\`\`\``,
    })
    return /```js\n([\s\S]*?)```/.exec(completion)?.[1] ?? ''
  } catch (error) {
    if (error instanceof ServiceError && (error.status === 402 || error.status === 429)) return null
    throw error
  }
}

if (task === undefined) {
  // Nothing is left to do: no bid is placed any more, and the agent sleeps on what it has.
  await client.setStandingBid(null)
} else {
  const answer = await ask(task)
  if (answer !== null) {
    const passed = passes(task, answer)
    remember(task.name, { passed, tries: stateOf(task).tries + 1 })
    await client.report('reflection', {
      adjustments_planned: passed ? 'the next task' : 'one more try, then the next task',
      metrics: { credits_earned: 0, credits_spent: 0, net_change: 0 },
      outcome_assessment: passed ? 'success' : 'failure',
      trigger: 'task_completion',
      what_failed: passed ? '' : `${task.name}: the test fails`,
      what_worked: passed ? `${task.name}: the test passes` : '',
    })
    const self = await client.self()
    if (passed && self.prompt_id === null)
      await client.prompt({ report: `Passes \`${task.test}\`:\n\n\`\`\`js\n${answer}\`\`\``, title: `Mended: ${task.name}` }, 20_000)
  }
}
