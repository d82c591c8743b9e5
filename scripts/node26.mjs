// Runs a program under the Node that this project pins, whatever Node npm itself runs on.
import { runPinned } from '../packages/syntropism/bin/pinned-node.js'

runPinned(process.argv.slice(2))
