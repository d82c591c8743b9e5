// A fleet is one program many times: makes a folder for each member, with a name and tasks of its own.
//   node fleet.mjs 3
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const members = Number(process.argv[2] ?? 3)
const tasks = JSON.parse(readFileSync('tasks.json', 'utf8'))
rmSync('fleet', { force: true, recursive: true })
for (let member = 1; member <= members; member++) {
  const folder = `fleet/coder-${member}`
  cpSync('coder', folder, { recursive: true })
  const manifest = JSON.parse(readFileSync('coder/agent.json', 'utf8'))
  writeFileSync(`${folder}/agent.json`, JSON.stringify({ ...manifest, name: `coder-${member}` }, null, 2))
  writeFileSync(`${folder}/tasks.json`, JSON.stringify(tasks.filter((_, index) => index % members === member - 1)))
}
