export { checkFilePrompt, checkJudgement, endPrompt, endSlot, filePrompt, rewardMicro, scorePrompt, setDuty, showPrompt } from './attention.ts'
