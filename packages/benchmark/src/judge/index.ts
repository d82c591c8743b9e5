export { krippendorffAlpha } from './agreement.ts'
export { type AskModel, JudgeError, askOver } from './ask.ts'
export { type JudgedWorld, type Judgement, judgeTrial } from './judge.ts'
