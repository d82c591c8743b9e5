export { checkFilePrompt, checkJudgement, endPrompt, endSlot, filePrompt, rewardMicro, scorePrompt, showPrompt, skipPrompt } from './attention.ts'
export { checkDuty, endBreak, setDuty } from './duty.ts'
