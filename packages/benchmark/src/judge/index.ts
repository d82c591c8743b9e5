export { krippendorffAlpha } from './agreement.ts'
export { type AskModel, JudgeError, askJudge, askOver, readVerdict } from './ask.ts'
export { type JudgeOptions, type JudgedWorld, type Judgement, type WorldJudgement, judgeTrial } from './judge.ts'
export { judgePrompt } from './prompt.ts'
