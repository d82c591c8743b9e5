// Loaded before the program: what Node makes of a module (types stripped, code compiled) is kept in the user's cache folder, for the next start.
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { enableCompileCache, flushCompileCache, getCompileCacheDir } from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const FILLING = 'SYNTROPISM_FILLS_CACHE'

/** The compiler that strips types takes 30 MB, which a process never gives back: at the first run of a model from the sources another process loads what a run loads. */
function fillByAnother(filled) {
  spawnSync(process.execPath, [...process.execArgv, process.argv[1], 'simulate', 'boltzmann', '--describe'], {
    env: { ...process.env, [FILLING]: filled },
    stdio: 'ignore',
  })
}

const root = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')

// A user without a home would get a folder wherever it stands.
if (isMainThread && isAbsolute(root)) {
  enableCompileCache(join(root, 'syntropism'))
  const folder = getCompileCacheDir()
  const filled = process.env[FILLING]
  delete process.env[FILLING]
  if (filled !== undefined)
    process.on('exit', () => {
      flushCompileCache()
      writeFileSync(filled, '')
    })
  else if (folder !== undefined && process.argv[1]?.endsWith('.ts') && process.argv[2] === 'simulate') {
    const mark = join(folder, 'holds-a-run')
    if (!existsSync(mark)) fillByAnother(mark)
  }
}
